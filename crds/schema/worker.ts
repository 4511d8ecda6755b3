// `spec.worker`: what the worker pods look like. Pod parts are Kubernetes' own types; the API server checks them when the
// operator applies the Deployment, so they are passed through here.
import { z } from 'zod';
import { integer, object } from './scalars.ts';

const open = { 'x-kubernetes-preserve-unknown-fields': true } as const;

export const WorkerSchema = object({
  image: z.string().max(1024).default('').describe("Image of the workers; empty = the operator's default."),
  resources: z
    .looseObject({})
    .default({})
    .meta(open)
    .describe('Requests and limits of the worker container (core/v1 ResourceRequirements).'),
  env: z
    .array(
      z
        .looseObject({
          name: z.string().min(1, { error: 'must not be empty' }).max(256).describe('Name of the variable.'),
        })
        .meta(open),
    )
    .max(200)
    .default([])
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .describe('Environment of the worker container (core/v1 EnvVar).'),
  podTemplate: z
    .looseObject({})
    .default({})
    .meta(open)
    .describe('Merged into the pod template (core/v1 PodTemplateSpec); the worker container is called worker.'),
  stateMemory: integer()
    .min(0)
    .default(0)
    .describe('Bytes of state a worker may hold; 0 = 60 % of the memory limit of its container.'),
});
