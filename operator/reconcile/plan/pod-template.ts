// The pod of a worker. It needs no rights in the cluster, no root and no writable image; what it may do is in Kafka's ACLs
// and the store's credentials.
import { childLabels, childName } from '../../../crds/index.ts';
import { mergeTemplate } from './merge-template.ts';
import type { Target } from './target.ts';

export const CONFIG_FOLDER = '/etc/streamjob';
export const WORKER_PORT = 8081;
/** A roll happens exactly when this annotation, or anything else in the template, changes. */
export const ANNOTATION_CONFIG_HASH = 'streamjob.dev/config-hash';
export const ANNOTATION_INCARNATION = 'streamjob.dev/incarnation-id';

/** Enough for the coupled checkpoint and the hand-over of all tasks. */
const TERMINATION_GRACE_SECONDS = 60;
const NOBODY = 65_532;

export interface TemplateInput {
  readonly job: string;
  readonly target: Target;
  readonly workerImage: string;
  /** Hash of what workers read at start. */
  readonly configHash: string;
}

type Json = Record<string, unknown>;

export function podTemplate(input: TemplateInput): Json {
  const { job, target } = input;
  const own = {
    metadata: {
      labels: childLabels(job, target),
      annotations: { [ANNOTATION_CONFIG_HASH]: input.configHash, [ANNOTATION_INCARNATION]: target.incarnationId },
    },
    spec: {
      serviceAccountName: childName(job),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
      // The first process of a namespace ignores signals that it has no handler for: a worker that is told to stop before it has
      // one would join the group all the same and be killed at the end of the grace period.
      shareProcessNamespace: true,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: NOBODY,
        runAsGroup: NOBODY,
        fsGroup: NOBODY,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [container(input)],
      volumes: [
        { name: 'streamjob-config', configMap: { name: childName(job) } },
        { name: 'streamjob-tmp', emptyDir: {} },
      ],
    },
  };
  const merged = mergeTemplate(own, target.resolved.worker.podTemplate);
  // Selectors and the roll hang on these: a user may add labels and annotations, not replace ours.
  const metadata = (merged['metadata'] ?? {}) as { labels?: Json; annotations?: Json };
  return {
    ...merged,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...own.metadata.labels },
      annotations: { ...metadata.annotations, ...own.metadata.annotations },
    },
  };
}

function container({ target, workerImage }: TemplateInput): Json {
  const { worker } = target.resolved;
  const base: Json = {
    name: 'worker',
    image: worker.image ?? workerImage,
    imagePullPolicy: 'IfNotPresent',
    args: ['worker', '--config', `${CONFIG_FOLDER}/job.json`],
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [{ name: 'http', containerPort: WORKER_PORT, protocol: 'TCP' }],
    ...probes(),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    },
    // The last lines of the log become part of the pod's status, so that a crash explains itself.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'streamjob-config', mountPath: CONFIG_FOLDER, readOnly: true },
      { name: 'streamjob-tmp', mountPath: '/tmp' },
    ],
    ...credentials(target),
    ...(Object.keys(worker.resources).length === 0 ? {} : { resources: worker.resources }),
  };
  const withKeys = { ...base, env: [...(base['env'] as unknown[]), ...credentialVariables(target)] };
  return mergeTemplate(withKeys, { env: worker.env });
}

/**
 * The store's credentials come from a Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or accessKeyId and
 * secretAccessKey. The kubelet reads it; the operator does not, and nothing of it enters an object of ours.
 */
function credentials(target: Target): Json {
  const name = secretName(target);
  return name === null ? {} : { envFrom: [{ secretRef: { name } }] };
}

function credentialVariables(target: Target): Json[] {
  const name = secretName(target);
  if (name === null) return [];
  const variable = (variableName: string, key: string): Json => ({
    name: variableName,
    valueFrom: { secretKeyRef: { name, key, optional: true } },
  });
  return [variable('AWS_ACCESS_KEY_ID', 'accessKeyId'), variable('AWS_SECRET_ACCESS_KEY', 'secretAccessKey')];
}

function secretName(target: Target): string | null {
  const { storage } = target.resolved.checkpoint;
  return storage.kind === 's3' ? storage.credentialsSecret : null;
}

function probes(): Json {
  const probe = (path: string, more: Json): Json => ({ httpGet: { path, port: WORKER_PORT, scheme: 'HTTP' }, ...more });
  return {
    startupProbe: probe('/healthz', { periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 120 }),
    livenessProbe: probe('/healthz', { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 }),
  };
}

/** Whether the worker container has a volume mounted at, or above, the path. */
export function isMounted(template: Json, path: string): boolean {
  const spec = template['spec'] as {
    containers?: readonly { name?: string; volumeMounts?: readonly { mountPath?: string; name?: string }[] }[];
  };
  const mounts = spec.containers?.find((candidate) => candidate.name === 'worker')?.volumeMounts ?? [];
  return mounts.some(
    ({ mountPath }) =>
      mountPath !== undefined && mountPath !== '/' && `${path}/`.startsWith(`${mountPath.replace(/\/+$/, '')}/`),
  );
}
