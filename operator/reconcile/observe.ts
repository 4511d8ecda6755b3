// Gathers what a plan is made from. Reads caches and Kafka; changes nothing.
import { WORKER_CONFIG_FILE, parseWorkerConfig, validateStreamJob, workerManifest } from '../../crds/index.ts';
import type { KafkaObserver } from './kafka-observer.ts';
import { UNKNOWN } from './kafka-observer.ts';
import type {
  ConfigMapObject,
  Failure,
  KafkaView,
  LastGood,
  Observed,
  PodObject,
  StreamJobObject,
} from './observed.ts';
import { chooseTarget } from './plan/target.ts';
import type { Backend } from './ports.ts';

const NOTHING_SEEN: KafkaView = { source: UNKNOWN, shuffle: UNKNOWN, brokers: 0, members: null, retainedGroups: [] };

export interface ObserveContext {
  readonly backend: Backend;
  readonly kafka: KafkaObserver;
  readonly statusWrittenMs: number | null;
  readonly lastFailure: Failure | null;
}

export async function observe(key: string, job: StreamJobObject, context: ObserveContext): Promise<Observed> {
  const { backend } = context;
  const validation = validateStreamJob({
    apiVersion: job.apiVersion,
    kind: job.kind,
    metadata: job.metadata,
    spec: job.spec,
  });
  const children = backend.children(job);
  const lastGood = lastGoodOf(job, children.configMap);
  const { target } = chooseTarget({ job, validation, lastGood });
  const { name, namespace } = job.metadata;
  const kafka =
    target === null
      ? NOTHING_SEEN
      : await context.kafka.observe({ key, target, namespace, job: name, first: children.configMap === null });
  const unseen = unseenMembers(kafka.members, children.pods);
  return {
    job,
    validation,
    lastGood,
    ...children,
    pods: [...children.pods, ...(await confirmed(backend, job, unseen))],
    kafka,
    workers: backend.workers(job),
    statusWrittenMs: context.statusWrittenMs,
    lastFailure: context.lastFailure,
    settings: backend.settings,
  };
}

/** The spec that runs, if the ConfigMap is of this very job and can still be read. */
export function lastGoodOf(job: StreamJobObject, configMap: ConfigMapObject | null): LastGood | null {
  const text = configMap?.data?.[WORKER_CONFIG_FILE];
  if (text === undefined) return null;
  try {
    const config = parseWorkerConfig(text);
    if (config.uid !== job.metadata.uid) return null;
    const validation = validateStreamJob(workerManifest(config));
    return validation.ok ? { config, resolved: validation.resolved } : null;
  } catch (error) {
    // Somebody has written something else into it: as good as gone, and the next plan writes it anew.
    if (error instanceof Error) return null;
    throw error;
  }
}

function unseenMembers(members: readonly string[] | null, pods: readonly PodObject[]): readonly string[] {
  const known = new Set(pods.map((pod) => pod.metadata.name));
  return (members ?? []).filter((member) => !known.has(member));
}

/** The cache may be behind: a worker can be in its group before the watch has told of its pod, and must not be put out of it. */
async function confirmed(backend: Backend, job: StreamJobObject, names: readonly string[]): Promise<PodObject[]> {
  const found: PodObject[] = [];
  for (const name of names) {
    const pod = await backend.findPod(job, name);
    if (pod !== null) found.push(pod);
  }
  return found;
}
