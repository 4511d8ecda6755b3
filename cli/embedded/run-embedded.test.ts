// A job from lines to lines, in this process and in real time.
import { expect, test } from 'vitest';
import { type ResolvedJob, validateStreamJob } from '../../crds/index.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { systemRandom } from '../../runtime/random.ts';
import { lineBatches } from './line-batches.ts';
import { runEmbedded, type RunEmbeddedOptions } from './run-embedded.ts';

function jobOf(spec: Record<string, unknown> = {}): ResolvedJob {
  const checked = validateStreamJob({
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'j' },
    spec: {
      source: { kafka: { bootstrapServers: 'nowhere:1', topic: 'in' }, eventTime: { field: 'ts', unit: 'ms' } },
      keyBy: ['k'],
      window: { tumbling: { size: '10ms' } },
      aggregates: { total: { count: {} } },
      sinks: [{ kafka: { topic: 'out' } }],
      checkpoint: { storage: { s3: { bucket: 'none' } } },
      ...spec,
    },
  });
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  return checked.resolved;
}

async function* chunks(...texts: string[]): AsyncGenerator<string> {
  for (const text of texts) yield await Promise.resolve(text);
}

async function run(
  input: AsyncIterable<string>,
  options: Partial<RunEmbeddedOptions> = {},
  stop = new AbortController(),
) {
  const rows: unknown[] = [];
  const totals = await runEmbedded(
    {
      job: jobOf(),
      workers: 1,
      partitions: 1,
      input,
      fields: { keyField: null, timestampField: null, partitionField: null },
      print: (line) => rows.push(JSON.parse(line)),
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      ...options,
    },
    stop.signal,
  );
  return { rows, totals };
}

test('every window is closed at the end of the input, and what was wrong is counted', async () => {
  const input = chunks('{"k":"a","ts":1}\n{"k":"a",', '"ts":2}\n{broken\n\n{"k":"a","ts":30}\n{"k":"a","t', 's":3}');
  expect(await run(input)).toEqual({
    rows: [
      { k: 'a', windowStart: 0, windowEnd: 10, total: 2 },
      { k: 'a', windowStart: 30, windowEnd: 40, total: 1 },
    ],
    totals: { records: 5, bad: 1, late: 1 },
  });
});

test('several workers and partitions give the same rows', async () => {
  const lines = Array.from({ length: 2_000 }, (_, ts) => `{"k":"k${ts % 7}","ts":${ts}}\n`);
  const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
  const source = { ...jobOf().source, watermark: { ...jobOf().source.watermark, maxOutOfOrdernessMs: 10_000 } };
  const job = { ...jobOf(), source };
  const one = await run(chunks(lines.join('')), { job });
  const fields = { keyField: 'k', timestampField: null, partitionField: null };
  const many = await run(chunks(...lines), { job, workers: 3, partitions: 5, fields });
  expect(one.rows).toHaveLength(1_400);
  expect(sorted(many.rows)).toEqual(sorted(one.rows));
});

test('a job by record key takes the key from its field', async () => {
  const job = jobOf({ keyBy: ['$key'] });
  const fields = { keyField: 'id', timestampField: null, partitionField: null };
  const { rows } = await run(chunks('{"id":"x","ts":1}\n{"id":7,"ts":1}\n'), { job, fields });
  expect(rows).toEqual([
    { $key: 'x', windowStart: 0, windowEnd: 10, total: 1 },
    { $key: '7', windowStart: 0, windowEnd: 10, total: 1 },
  ]);
});

test('interrupted, it ends with its windows open', async () => {
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<string> {
    yield '{"k":"a","ts":1}\n';
    stop.abort();
    await new Promise(() => undefined);
  }
  expect(await run(endless(), {}, stop)).toMatchObject({ rows: [] });
});

test('a job that fails ends the run with its reason', async () => {
  await expect(run(chunks('x\n'), { job: jobOf({ onBadRecord: 'fail' }) })).rejects.toThrow(
    /spec\.onBadRecord is fail/,
  );
});

test('lines are given on as chunks complete them', async () => {
  const batches = [];
  for await (const batch of lineBatches(chunks('a\nb\nc', 'd\n', '\n \n', 'e'))) batches.push(batch);
  expect(batches).toEqual([['a', 'b'], ['cd'], ['e']]);
});
