// The clickstream job while its workers are lost, killed and rescaled: what it wrote is held against the oracle, by a reader that is not ours.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Clickstream,
  clickstream,
  keyPartitioner,
  longestGap,
  oracle,
  produceClicks,
  type ResultRow,
} from '../harness/clicks.ts';
import { type Row, readCommitted } from '../harness/kcat.ts';
import { createTopic, uniqueName } from '../harness/topics.ts';
import { awaitRows } from '../support/await-rows.ts';
import { compareSink, inWords } from './compare-sink.ts';
import type { Environment } from './environment.ts';
import { Job } from './job.ts';
import { killWorkerProcess, startNodeAccess } from './node-access.ts';

interface Shape {
  readonly title: string;
  readonly keyedBy: 'session' | 'user';
  readonly keyBy: readonly string[];
  /** Name of the user in the result. */
  readonly userField: string;
}

const SHAPES: readonly Shape[] = [
  { title: 'a job by user over clicks by session', keyedBy: 'session', keyBy: ['userId'], userField: 'userId' },
  { title: 'a job by the record key', keyedBy: 'user', keyBy: ['$key'], userField: '$key' },
];

const CLICKS = 300_000;
/** More than flow during all disturbances on the slowest machine. */
const MOST_CLICKS = 3_000_000;
const PARTITIONS = 4;
const RATE_PER_SECOND = 7_500;
const WINDOW_MS = 5_000;
const OUT_OF_ORDER_MS = 2_000;
const START_MS = Date.UTC(2026, 0, 1);
const SETTLE_MS = 60_000;

/** Something done to the job while clicks flow. */
interface Disturbance {
  readonly name: string;
  /** Resolves when the job has recovered. */
  readonly run: (job: Job) => Promise<void>;
}

interface Disturbed {
  readonly name: string;
  readonly atMs: number;
  readonly recoveredMs: number;
  readonly clicksSoFar: number;
}

function disturbances({ cluster }: Environment): Disturbance[] {
  return [
    {
      name: 'a pod deleted by force',
      async run(job) {
        const [victim] = await job.pods();
        if (victim === undefined) throw new Error('the job has no pod');
        const { name } = victim.metadata;
        await job.kubectl(['delete', `pod/${name}`, '--grace-period=0', '--force']);
        await job.waitForWorkers(2, (pods) => pods.every((pod) => pod.metadata.name !== name));
      },
    },
    {
      name: 'a worker process killed',
      async run(job) {
        const victim = (await job.pods()).at(-1);
        if (victim === undefined) throw new Error('the job has no pod');
        await killWorkerProcess(cluster, victim.metadata.name);
        await job.waitForWorkers(2, (pods) =>
          pods.some(({ metadata, status }) => {
            const restarts = status.containerStatuses?.[0]?.restartCount ?? 0;
            return metadata.uid === victim.metadata.uid && restarts > 0;
          }),
        );
      },
    },
    {
      name: 'scaled to 3',
      async run(job) {
        await job.kubectl(['scale', `sj/${job.name}`, '--replicas=3']);
        await job.waitForWorkers(3);
      },
    },
    {
      name: 'scaled to 1',
      async run(job) {
        await job.kubectl(['scale', `sj/${job.name}`, '--replicas=1']);
        await job.waitForWorkers(1);
      },
    },
  ];
}

function stream(shape: Shape, count: number): Clickstream {
  return clickstream({
    seed: 20_260_101,
    count,
    users: 20_000,
    partitions: PARTITIONS,
    startMs: START_MS,
    maxOutOfOrderMs: OUT_OF_ORDER_MS,
    keyedBy: shape.keyedBy,
  });
}

/** The rows that must be there, named as the job names them. */
function expectedRows(clicks: Clickstream, shape: Shape): ResultRow[] {
  const rows = oracle(clicks, { windowMs: WINDOW_MS, maxOutOfOrderMs: OUT_OF_ORDER_MS });
  if (shape.userField === 'userId') return rows;
  return rows.map(({ userId, ...rest }) => ({ [shape.userField]: userId ?? null, ...rest }));
}

/**
 * The longest time, from each disturbance to the next, without a result for one part of the users. In a job by the record key a part is what one
 * task computes: the tasks of other workers going on must not hide that it stood still.
 */
function gapLines(rows: readonly Row[], disturbed: readonly Disturbed[], endMs: number): string[] {
  const partOf = keyPartitioner(PARTITIONS);
  const parts = Array.from({ length: PARTITIONS }, (): number[] => []);
  for (const { key, timestampMs } of rows) parts[partOf(key ?? '')]?.push(timestampMs);
  const gapMs = (fromMs: number, toMs: number): number =>
    Math.max(...parts.map((times) => longestGap(times, { fromMs, toMs: Math.max(fromMs, toMs) }).gapMs));
  const firstMs = rows.reduce((first, { timestampMs }) => Math.min(first, timestampMs), endMs);
  const lines = [`  undisturbed: longest gap ${gapMs(firstMs, disturbed[0]?.atMs ?? endMs)} ms`];
  disturbed.forEach(({ name, atMs, recoveredMs, clicksSoFar }, index) => {
    const gap = gapMs(atMs, disturbed[index + 1]?.atMs ?? endMs);
    lines.push(
      `  ${name} at click ${clicksSoFar}: longest gap ${gap} ms, all ready again after ${recoveredMs - atMs} ms`,
    );
  });
  return lines;
}

export function mainJob(environment: () => Environment): void {
  describe('a job that is disturbed while clicks flow', () => {
    beforeAll(() => startNodeAccess(environment().cluster));

    it.each(SHAPES)('$title: every user and window exactly once', async (shape) => {
      const { broker } = environment();
      const { bootstrapServers } = broker;
      const source = uniqueName('website-clicks');
      const sink = uniqueName('user-metrics');
      await createTopic(bootstrapServers, source, { partitions: PARTITIONS });
      // Append times say when a result came out; the records' own times are those of their windows.
      const config = { 'message.timestamp.type': 'LogAppendTime' };
      await createTopic(bootstrapServers, sink, { partitions: 3, config });
      const name = uniqueName('metrics');
      const spec = { keyBy: shape.keyBy, parallelism: 2, maxParallelism: 8 };
      const job = await Job.apply(environment(), { name, source, sink, spec });
      await job.waitUntilRunning(2);
      process.stdout.write(await job.kubectl(['get', 'sj', '--output=wide']));

      let clicksSoFar = 0;
      let isDisturbed = false;
      const enough = new AbortController();
      const producing = produceClicks({
        bootstrapServers,
        topic: source,
        clicks: stream(shape, MOST_CLICKS),
        ratePerSecond: RATE_PER_SECOND,
        signal: enough.signal,
        onProgress: (records) => {
          clicksSoFar = records;
          // However slow the machine is, clicks flow for as long as there is a disturbance.
          if (isDisturbed && records >= CLICKS) enough.abort();
        },
      });
      const disturbing = (async () => {
        const disturbed: Disturbed[] = [];
        await awaitRows({ bootstrapServers, topic: sink, count: 10_000, timeoutMs: SETTLE_MS });
        for (const { name: what, run } of disturbances(environment())) {
          const atMs = Date.now();
          const atClick = clicksSoFar;
          await run(job);
          disturbed.push({ name: what, atMs, recoveredMs: Date.now(), clicksSoFar: atClick });
        }
        isDisturbed = true;
        return disturbed;
      })();
      const [produced, disturbed] = await Promise.all([producing, disturbing]);
      const clicks = stream(shape, produced.records);
      await produceClicks({ bootstrapServers, topic: source, clicks: [...clicks].slice(produced.records) });
      const expected = expectedRows(clicks, shape);
      const idFields = [shape.userField, 'windowStart', 'windowEnd'];
      const check = { bootstrapServers, topic: sink, expected, idFields };
      await compareSink({ ...check, timeoutMs: SETTLE_MS });
      await job.waitForCondition('Ready', 'True');
      // Only when no worker is left can no row come any more.
      await job.delete();
      const comparison = await compareSink({ ...check, timeoutMs: 0 });
      const rows = await readCommitted({ bootstrapServers, topic: sink });
      process.stdout.write(
        [
          `${shape.title}: ${produced.records} records in ${produced.endedAtMs - produced.startedAtMs} ms`,
          `  ${inWords(comparison)}`,
          ...gapLines(rows, disturbed, produced.endedAtMs),
          '',
        ].join('\n'),
      );
      expect(comparison).toEqual({ compared: expected.length, lost: 0, duplicated: 0, wrong: 0, samples: [] });
      expect(expected.length).toBeGreaterThan(100_000);
      // Otherwise the last disturbances were none.
      expect(produced.records).toBeLessThan(MOST_CLICKS);
    });
  });
}
