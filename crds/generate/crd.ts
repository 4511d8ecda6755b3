// The CustomResourceDefinition of StreamJob.
import { stringify } from 'yaml';
import { GROUP, KIND, PLURAL, SHORT_NAME, VERSION } from '../labels.ts';
import { RULES } from '../rules/check.ts';
import { type JsonSchema, specJsonSchema, statusJsonSchema } from '../schema/stream-job.ts';
import { celValidations, structural } from './structural.ts';

const COLUMNS = [
  { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where the job is in its life.' },
  {
    name: 'Ready',
    type: 'integer',
    jsonPath: '.status.readyReplicas',
    description: 'Workers whose tasks are all live.',
  },
  { name: 'Replicas', type: 'integer', jsonPath: '.status.desiredReplicas', description: 'Workers that are wanted.' },
  { name: 'Lag', type: 'integer', jsonPath: '.status.lag.records', description: 'Records not processed yet.' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  {
    name: 'Watermark',
    type: 'string',
    jsonPath: '.status.watermark',
    priority: 1,
    description: 'Event time up to which windows have closed.',
  },
  { name: 'Why', type: 'string', jsonPath: '.status.why.blockedBy', priority: 1, description: 'What is in the way.' },
];

/** The definition as an object. */
export function crd(): Record<string, unknown> {
  const root: JsonSchema = {
    type: 'object',
    description:
      'StreamJob reads a Kafka topic, groups its records by fields, computes aggregates in windows of event time, and writes the results exactly once.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'Version of the contract.' },
      kind: { type: 'string', description: 'Kind of the object.' },
      metadata: { type: 'object', properties: { name: { type: 'string' } } },
      spec: { ...structural(specJsonSchema(), 'spec', RULES), description: 'What the job does.' },
      status: { ...structural(statusJsonSchema(), 'status', RULES), description: 'What the operator reports.' },
    },
    'x-kubernetes-validations': celValidations('', RULES),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: KIND.toLowerCase(),
        shortNames: [SHORT_NAME],
        categories: ['all'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: COLUMNS,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.parallelism',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          schema: { openAPIV3Schema: root },
        },
      ],
    },
  };
}

/** The text of the committed file. */
export function crdYaml(): string {
  return `# Generated from crds/schema by \`make generate\`; do not edit.\n${stringify(crd(), { lineWidth: 120, version: '1.1', aliasDuplicateObjects: false })}`;
}
