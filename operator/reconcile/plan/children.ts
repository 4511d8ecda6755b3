// The objects that a job owns: ServiceAccount, ConfigMap, Deployment. Their names are derived, never stored.
import { createHash } from 'node:crypto';
import {
  API_VERSION,
  KIND,
  WORKER_CONFIG_FILE,
  canonicalJson,
  childLabels,
  childName,
  formatWorkerConfig,
  selectorLabels,
} from '../../../crds/index.ts';
import type { KubeObject, ObjectMeta } from '../../objects.ts';
import type { Settings, StreamJobObject } from '../observed.ts';
import { podTemplate } from './pod-template.ts';
import type { Target } from './target.ts';

/** Hash of the whole child as we want it: also what we no longer set is noticed. */
export const ANNOTATION_APPLIED = 'streamjob.dev/applied';

export interface Children {
  readonly serviceAccount: KubeObject;
  readonly configMap: KubeObject & { readonly data: Readonly<Record<string, string>> };
  readonly deployment: KubeObject & {
    readonly spec: { readonly replicas: number; readonly template: Record<string, unknown> };
  };
}

export function children(job: StreamJobObject, target: Target, settings: Settings): Children {
  const metadata = childMetadata(job, target);
  const { name, namespace, uid } = job.metadata;
  const { incarnation, planHash, generation, spec } = target;
  const config = formatWorkerConfig({ namespace, job: name, uid, incarnation, planHash, generation, spec });
  const template = podTemplate({
    job: name,
    target,
    workerImage: settings.workerImage,
    configHash: configHash(target),
  });
  return {
    serviceAccount: stamped({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
      automountServiceAccountToken: false,
    }),
    configMap: stamped({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [WORKER_CONFIG_FILE]: config } }),
    deployment: stamped({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: target.replicas,
        revisionHistoryLimit: 2,
        selector: { matchLabels: selectorLabels(name) },
        // Pod names change with a roll, so each roll moves all state once: one at a time, and never fewer than wanted.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template,
      },
    }),
  };
}

/**
 * Hash of what workers read when they start, so that a change of it rolls them. The number of workers, suspension, deletion
 * and the pod's own looks are not among it: scaling must not restart anybody, and the pod template speaks for itself.
 */
export function configHash(target: Target): string {
  const { parallelism: _p, state: _s, deletion: _d, worker: _w, ...read } = target.resolved;
  const { startFrom: _f, ...kafka } = read.source.kafka;
  const content = { ...read, source: { ...read.source, kafka }, incarnation: target.incarnationId };
  return hash(content);
}

function childMetadata(job: StreamJobObject, target: Target): ObjectMeta {
  const { name, namespace, uid } = job.metadata;
  return {
    name: childName(name),
    namespace,
    labels: childLabels(name, target),
    ownerReferences: [{ apiVersion: API_VERSION, kind: KIND, name, uid, controller: true }],
  };
}

function stamped<T extends KubeObject>(object: T): T {
  const { replicas: _replicas, ...spec } = (object as { spec?: Record<string, unknown> }).spec ?? {};
  const annotations = { [ANNOTATION_APPLIED]: hash({ ...object, spec }) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function hash(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 16);
}
