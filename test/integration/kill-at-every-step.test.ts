// A worker is killed at every step of the commit cycle, on a real broker and a real S3 server; another process of the same name goes
// on. What a committed reader sees must be what the oracle says, exactly once.
import { expect, test } from 'vitest';
import { clickstream, compareRows, oracle, produceClicks } from '../harness/clicks.ts';
import { readCommittedJson } from '../harness/kcat.ts';
import { sharedS3 } from '../harness/shared.ts';
import { uniqueName } from '../harness/topics.ts';
import { awaitRows } from '../support/await-rows.ts';
import { makeJob } from '../support/job.ts';
import { WorkerProcess } from '../support/workers.ts';
import type { ResultRow } from '../harness/clicks.ts';

const START_MS = 1_760_000_000_000;

interface Kill {
  readonly step: string;
  /** Which occurrence: the first commits of an incarnation are its baseline. */
  readonly nth: number;
  readonly keyBy?: readonly string[];
}

const kills: Record<string, Kill> = {
  'before the baseline is committed': { step: 'before-endTxn', nth: 1 },
  'after the baseline is committed, before its object is written': { step: 'after-endTxn', nth: 1 },
  'before records are produced': { step: 'before-produce', nth: 4 },
  'after records were produced, before offsets': { step: 'after-produce', nth: 4 },
  'before offsets are sent': { step: 'before-txnOffsetCommit', nth: 6 },
  'after offsets were sent, before EndTxn': { step: 'after-txnOffsetCommit', nth: 6 },
  'before EndTxn': { step: 'before-endTxn', nth: 6 },
  'after EndTxn, before its answer is taken in': { step: 'after-endTxn', nth: 6 },
  'during a checkpoint, before its state is stored': { step: 'before-state', nth: 3 },
  'during a checkpoint, between state and manifest': { step: 'before-manifest', nth: 3 },
  'after a checkpoint, before it is named': { step: 'after-manifest', nth: 3 },
  'direct job: after records were produced': { step: 'after-produce', nth: 2, keyBy: ['$key'] },
  'direct job: after EndTxn': { step: 'after-endTxn', nth: 5, keyBy: ['$key'] },
};

test.for(Object.entries(kills))('killed %s', async ([name, { step, nth, keyBy = ['userId'] }]) => {
  const s3 = await sharedS3();
  const env = { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey };
  const storage = { s3: { bucket: s3.bucket, prefix: uniqueName('kill'), endpoint: s3.endpoint, region: s3.region } };
  const direct = keyBy[0] === '$key';
  const job = await makeJob({ keyBy, storage, windowSize: '2s' });
  const clicks = clickstream({
    seed: 11,
    count: 30_000,
    users: 500,
    partitions: 4,
    startMs: START_MS,
    spacingMs: 1,
    maxOutOfOrderMs: 500,
    keyedBy: direct ? 'user' : 'session',
  });
  const expected = oracle(clicks, { windowMs: 2_000, maxOutOfOrderMs: 2_000 }).map((row) =>
    direct ? byKey(row) : row,
  );
  const produced = produceClicks({
    bootstrapServers: job.bootstrapServers,
    topic: job.source,
    clicks,
    ratePerSecond: 15_000,
  });
  {
    await using victim = WorkerProcess.startCrashing(job, 'worker-0', { step, nth, env });
    const { signal } = await victim.exited;
    expect(signal, victim.lines.slice(-5).join('\n')).toBe('SIGKILL');
    expect(victim.events('crash'), name).toHaveLength(1);
  }
  await using successor = WorkerProcess.start(job, 'worker-0', env);
  await produced;
  const key = direct ? ['$key', 'windowStart'] : ['userId', 'windowStart'];
  await awaitRows({
    bootstrapServers: job.bootstrapServers,
    topic: job.sink,
    count: expected.length,
    timeoutMs: 60_000,
  });
  // The victim may have written all of it: then the successor is perhaps not even there yet.
  await successor.logged('assigned');
  const { code } = await successor.stop();
  expect(code, successor.lines.slice(-5).join('\n')).toBe(0);
  const actual = await readCommittedJson<ResultRow>({ bootstrapServers: job.bootstrapServers, topic: job.sink });
  const { compared, lost, duplicated, wrong, samples } = compareRows(expected, actual, key);
  expect({ lost, duplicated, wrong, samples }).toEqual({ lost: 0, duplicated: 0, wrong: 0, samples: [] });
  expect(compared).toBeGreaterThan(1_000);
});

function byKey({ userId, ...row }: ResultRow): ResultRow {
  return { $key: userId ?? null, ...row };
}
