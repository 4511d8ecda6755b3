// Whole workers over the embedded log, for tests: one cluster, one job, an object store, input and what must come out.
import { afterEach } from 'vitest';
import { incarnationId, planHash, shuffleTopic, transactionalId, validateStreamJob } from '../../crds/index.ts';
import { MemoryStore, type ObjectStore } from '../checkpoint/index.ts';
import { systemClock } from '../clock.ts';
import { MemoryCluster, type Intercept } from '../log/memory/index.ts';
import { silentLogger, type Logger } from '../logger.ts';
import { createWorkerMetrics } from '../metrics.ts';
import { systemRandom } from '../random.ts';
import { poisonedBroker } from './poisoned-broker.cases.ts';
import { findTopics } from './prerequisites.ts';
import { Troubles } from './troubles.ts';
import { Worker } from './worker.ts';
import type { WorkerOptions } from './worker-options.ts';

export interface Setting {
  readonly keyBy?: readonly string[];
  readonly spec?: Record<string, unknown>;
  readonly store?: ObjectStore;
  readonly log?: Logger;
}

export interface Running {
  readonly worker: Worker;
  readonly ended: Promise<unknown>;
  stop(): Promise<unknown>;
  /** From now on nothing that it does reaches the brokers. */
  cut(): void;
  /** What was held back since `cut` is executed now, late. */
  resume(): void;
}

const opened: Running[] = [];
afterEach(async () => {
  for (const running of opened.splice(0)) {
    running.cut();
    void running.stop();
  }
});

export function setUp({ keyBy = ['user'], spec = {}, store = new MemoryStore(), log = silentLogger }: Setting = {}) {
  const cluster = new MemoryCluster({ clock: systemClock, random: systemRandom });
  const checked = validateStreamJob({
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'job', namespace: 'ns' },
    spec: {
      source: { kafka: { bootstrapServers: 'memory:1', topic: 'in' }, eventTime: { field: 'ts', unit: 'ms' } },
      keyBy,
      window: { tumbling: { size: '10ms' } },
      aggregates: { n: { count: {} }, s: { sum: { field: 'v' } } },
      sinks: [{ kafka: { topic: 'out' } }],
      delivery: { commitInterval: '20ms' },
      checkpoint: { interval: '60ms', storage: { local: { path: '/unused' } } },
      maxParallelism: 4,
      ...spec,
    },
  });
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  const job = checked.resolved;
  const incarnation = { id: incarnationId({ namespace: 'ns', job: 'job', uid: '12345678', number: 1 }), number: 1 };
  for (const topic of ['in', 'out', 'dead']) cluster.createTopic({ topic, partitions: 3 });
  const shuffle = job.mode === 'shuffled' ? shuffleTopic(incarnation.id) : null;
  if (shuffle !== null) cluster.createTopic({ topic: shuffle, partitions: job.maxParallelism });

  const start = async (
    instanceId: string,
    intercept: Intercept = () => undefined,
    more: Pick<WorkerOptions, 'stateLimitBytes'> = {},
  ): Promise<Running> => {
    let held = Promise.withResolvers<void>();
    let cutOff = false;
    const connected = cluster.connect({
      clientId: instanceId,
      intercept: (request, phase) => (cutOff ? held.promise : intercept(request, phase)),
    });
    const broker = poisonedBroker(connected);
    const topics = await findTopics(cluster.connect({ clientId: 'prerequisites' }), job, shuffle);
    if ('reason' in topics) throw new Error(topics.message);
    const worker = new Worker({
      broker,
      store,
      clock: systemClock,
      random: systemRandom,
      log,
      metrics: createWorkerMetrics({ namespace: 'ns', job: 'job' }),
      troubles: new Troubles(systemClock, log),
      job,
      planHash: planHash(job),
      incarnation,
      instanceId,
      transactionalId: (id) => transactionalId(incarnation.id, id),
      topics,
      print: () => undefined,
      ...more,
    });
    const stopping = new AbortController();
    const ended = worker.run(stopping.signal).then(
      () => null,
      (error: unknown) => error,
    );
    const running = {
      worker,
      ended,
      cut: () => (cutOff = true),
      resume: () => {
        cutOff = false;
        held.resolve();
        held = Promise.withResolvers<void>();
      },
      stop: () => {
        stopping.abort();
        return ended;
      },
    };
    opened.push(running);
    return running;
  };

  /** As the operator does for a pod that is gone, or that it takes for gone: out of the group, and its transaction aborted. */
  const evict = async (instanceId: string): Promise<void> => {
    const broker = cluster.connect({ clientId: 'operator' });
    await broker.leaveGroup({ groupId: incarnation.id, memberId: '', instanceId, reason: 'evicted' });
    await broker.initProducerId({
      transactionalId: transactionalId(incarnation.id, instanceId),
      transactionTimeoutMs: 10_000,
    });
    await broker.close();
  };

  const rows = () =>
    cluster
      .readAll('out', { isolation: 'read_committed' })
      .map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>);
  return { cluster, store, start, rows, evict, groupId: incarnation.id };
}

export type Setup = ReturnType<typeof setUp>;

/** Clicks of some users, spread over the partitions by `partitionOf`; event time rises through `from..to`. */
export function feed(
  { cluster }: Setup,
  range: { from: number; to: number },
  partitionOf: (user: number, ts: number) => number,
): void {
  for (let ts = range.from; ts < range.to; ts++) {
    const user = (ts * 7) % 5;
    cluster.append('in', partitionOf(user, ts), [
      { key: `u${user}`, value: JSON.stringify({ user: `u${user}`, ts, v: ts % 11 }) },
    ]);
  }
}

export function tick({ cluster }: Setup, ts: number): void {
  for (let partition = 0; partition < 3; partition++)
    cluster.append('in', partition, [
      { key: `tick${partition}`, value: JSON.stringify({ user: `tick${partition}`, ts, v: 0 }) },
    ]);
}

export function oracle(to: number, keyName = 'user'): Record<string, unknown>[] {
  const cells = new Map<string, Record<string, unknown> & { n: number; s: number }>();
  for (let ts = 0; ts < to; ts++) {
    const key = `u${(ts * 7) % 5}`;
    const windowStart = ts - (ts % 10);
    const id = `${key}@${windowStart}`;
    const cell = cells.get(id) ?? { [keyName]: key, windowStart, windowEnd: windowStart + 10, n: 0, s: 0 };
    cell.n++;
    cell.s += ts % 11;
    cells.set(id, cell);
  }
  return [...cells.values()];
}

export const sorted = (rows: readonly Record<string, unknown>[]): string[] =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))).sort();

export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not come true: ${what}`);
    await systemClock.sleep(5);
  }
}
