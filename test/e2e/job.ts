// One StreamJob of the tests: its manifest, and what a user sees of it.
import type { Condition, ConditionType, StreamJobStatus } from '../../crds/index.ts';
import { waitUntil } from '../harness/ports.ts';
import { BUCKET, type Environment, NAMESPACE, SECRET } from './environment.ts';
import { applied, got } from './kubectl.ts';

export interface JobSpec {
  readonly name: string;
  readonly source: string;
  readonly sink: string;
  /** Put over the clickstream's spec, by top-level field. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface JobObject {
  readonly metadata: { readonly uid: string; readonly generation: number };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: StreamJobStatus;
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly uid: string };
}

const READY_TIMEOUT_MS = 90_000;
const POLL_MS = 300;

/** Page views and engagement per user, as in the README, over windows of five seconds of event time. */
export function clickJobManifest(environment: Environment, job: JobSpec): Record<string, unknown> {
  const { broker, s3 } = environment;
  return {
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: job.name, namespace: NAMESPACE },
    spec: {
      source: {
        kafka: { bootstrapServers: broker.bootstrapServersForPods, topic: job.source },
        format: { json: {} },
        eventTime: { field: 'ts', unit: 'ms' },
        watermark: { maxOutOfOrderness: '2s' },
      },
      where: 'type == "page_view"',
      keyBy: ['userId'],
      window: { tumbling: { size: '5s' } },
      aggregates: { pageViews: { count: {} }, engagementMs: { sum: { field: 'durationMs' } } },
      sinks: [{ kafka: { topic: job.sink } }],
      checkpoint: {
        interval: '2s',
        storage: {
          s3: { bucket: BUCKET, endpoint: s3.endpointForPods, credentialsSecretRef: { name: SECRET } },
        },
      },
      parallelism: 1,
      maxParallelism: 4,
      deletion: { policy: 'drop' },
      ...job.spec,
    },
  };
}

/** A job in the cluster. */
export class Job {
  readonly name: string;
  readonly #environment: Environment;

  constructor(environment: Environment, name: string) {
    this.#environment = environment;
    this.name = name;
  }

  /** Applies the manifest of a clickstream job and resolves with kubectl's words. */
  static async apply(environment: Environment, spec: JobSpec): Promise<Job> {
    await applied(environment.cluster, [clickJobManifest(environment, spec)]);
    return new Job(environment, spec.name);
  }

  kubectl(args: readonly string[]): Promise<string> {
    return this.#environment.cluster.kubectl([...args, `--namespace=${NAMESPACE}`]);
  }

  /** `kubectl patch` with a merge patch of the spec. */
  patch(spec: Readonly<Record<string, unknown>>): Promise<string> {
    return this.kubectl(['patch', `sj/${this.name}`, '--type=merge', `--patch=${JSON.stringify({ spec })}`]);
  }

  read(): Promise<JobObject> {
    return got(this.#environment.cluster, [`sj/${this.name}`, `--namespace=${NAMESPACE}`]);
  }

  async condition(type: ConditionType): Promise<Condition | undefined> {
    return (await this.read()).status?.conditions?.find((condition) => condition.type === type);
  }

  /** Waits until the condition has this status, and this reason if one is given, for the newest generation. */
  async waitForCondition(
    type: ConditionType,
    status: Condition['status'],
    more: { reason?: string; timeoutMs?: number } = {},
  ): Promise<Condition> {
    let last: JobObject | undefined;
    let found: Condition | undefined;
    const { reason, timeoutMs = READY_TIMEOUT_MS } = more;
    const what = (): string => `${type}=${status}${reason === undefined ? '' : ` (${reason})`} of job ${this.name}`;
    try {
      await waitUntil(
        async () => {
          last = await this.read();
          found = last.status?.conditions?.find((condition) => condition.type === type);
          return (
            found?.status === status &&
            (reason === undefined || found.reason === reason) &&
            found.observedGeneration === last.metadata.generation
          );
        },
        { timeoutMs, pollMs: POLL_MS, what: what() },
      );
    } catch (error) {
      throw new Error(`${what()} was waited for in vain; its status is ${JSON.stringify(last?.status, null, 2)}`, {
        cause: error,
      });
    }
    if (found === undefined) throw new Error(`${what()} vanished`);
    return found;
  }

  /** Waits until the job is Ready with this many workers. */
  async waitUntilRunning(workers: number): Promise<void> {
    await this.waitForWorkers(workers);
    await this.waitForCondition('Ready', 'True');
  }

  /** Its pods that are not being deleted, by name. */
  async pods(): Promise<Pod[]> {
    const selector = `--selector=streamjob.dev/job=${this.name}`;
    const { items } = await got<{ items: Pod[] }>(this.#environment.cluster, [
      'pods',
      selector,
      `--namespace=${NAMESPACE}`,
    ]);
    return items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** Waits until the job has exactly this many pods, all ready, none of them being deleted. */
  async waitForWorkers(count: number, suits: (pods: readonly Pod[]) => boolean = () => true): Promise<Pod[]> {
    let pods: Pod[] = [];
    await waitUntil(
      async () => {
        pods = await this.pods();
        return pods.length === count && pods.every(isReady) && suits(pods);
      },
      { timeoutMs: READY_TIMEOUT_MS, pollMs: POLL_MS, what: `readiness of ${count} workers of job ${this.name}` },
    );
    return pods;
  }

  /** Events about this job, as `kubectl describe` lists them: `Warning TopicNotFound topic …`. */
  async events(): Promise<string[]> {
    const { metadata } = await this.read();
    const { items } = await got<{ items: EventObject[] }>(this.#environment.cluster, [
      'events',
      `--namespace=${NAMESPACE}`,
      `--field-selector=involvedObject.uid=${metadata.uid}`,
    ]);
    return items.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  }

  /** Waits for an Event that contains the text. */
  async waitForEvent(text: string): Promise<void> {
    await waitUntil(async () => (await this.events()).some((event) => event.includes(text)), {
      timeoutMs: 30_000,
      pollMs: POLL_MS,
      what: `an Event with "${text}" about job ${this.name}`,
    });
  }

  /** Deletes it and waits until it is gone; how long that took, in ms. */
  async delete(): Promise<number> {
    const begun = performance.now();
    await this.kubectl(['delete', `sj/${this.name}`, '--wait=true', '--timeout=90s']);
    return performance.now() - begun;
  }
}

export function isReady({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true
  );
}
