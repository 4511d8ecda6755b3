// Whole workers over the embedded log: what a committed reader sees must be what the input says, exactly once, whatever happens.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { BrokerError } from '../log/broker.ts';
import type { Intercept } from '../log/memory/index.ts';
import { FatalProblem } from './problem.ts';
import { feed, oracle, setUp, sorted, tick, until } from './worker-world.cases.ts';

const anyPartition = (_user: number, ts: number): number => ts % 3;

describe('a shuffled job', () => {
  test('writes every window once, and a worker that stops in order leaves nothing to replay', async () => {
    const setup = setUp();
    const first = await setup.start('w0');
    feed(setup, { from: 0, to: 300 }, anyPartition);
    await until('half of it', () => setup.rows().length > 20);
    expect(await first.stop()).toBeNull();
    const second = await setup.start('w1');
    feed(setup, { from: 300, to: 600 }, anyPartition);
    tick(setup, 5_000);
    await until('all rows', () => setup.rows().length >= oracle(600).length);
    expect(await second.stop()).toBeNull();
    expect(sorted(setup.rows())).toEqual(sorted(oracle(600)));
  });

  test('goes on exactly after a worker died at any moment and another process of its name took over', async () => {
    const setup = setUp();
    for (let life = 0; life < 6; life++) {
      const running = await setup.start('w0');
      feed(setup, { from: life * 100, to: life * 100 + 100 }, anyPartition);
      await until('it has got on', () => running.worker.lastCommitAtMs !== null && setup.rows().length >= life * 40);
      running.cut();
    }
    tick(setup, 5_000);
    const last = await setup.start('w0');
    await until('all rows', () => setup.rows().length >= oracle(600).length);
    expect(await last.stop()).toBeNull();
    expect(sorted(setup.rows())).toEqual(sorted(oracle(600)));
  });

  test('is shared out and gathered again while records flow', async () => {
    const setup = setUp();
    const a = await setup.start('a');
    feed(setup, { from: 0, to: 200 }, anyPartition);
    await until('a is live', () => a.worker.live && a.worker.slots.length === 7);
    const b = await setup.start('b');
    feed(setup, { from: 200, to: 400 }, anyPartition);
    await until(
      'both work',
      () => a.worker.live && b.worker.live && a.worker.slots.length <= 4 && b.worker.slots.length >= 3,
    );
    const c = await setup.start('c');
    feed(setup, { from: 400, to: 600 }, anyPartition);
    await until('all three work', () => [a, b, c].every(({ worker }) => worker.live && worker.slots.length >= 2));
    expect(await a.stop()).toBeNull();
    feed(setup, { from: 600, to: 800 }, anyPartition);
    expect(await b.stop()).toBeNull();
    tick(setup, 5_000);
    await until('all rows', () => setup.rows().length >= oracle(800).length);
    expect(await c.stop()).toBeNull();
    expect(sorted(setup.rows())).toEqual(sorted(oracle(800)));
  });

  test('an answer that is lost is never guessed', async () => {
    const setup = setUp();
    let requests = 0;
    // Every seventh request of the commit cycle loses its answer, every eleventh is never executed.
    const lossy: Intercept = ({ api }, phase) => {
      if (!['produce', 'txnOffsetCommit', 'endTxn', 'addPartitionsToTxn'].includes(api)) return;
      requests += phase === 'before' ? 1 : 0;
      const lose = phase === 'after' ? requests % 7 === 0 : requests % 11 === 0;
      if (lose) throw new BrokerError('UNKNOWN_OUTCOME', `${api} lost ${phase}`);
    };
    const running = await setup.start('w0', lossy);
    for (let part = 0; part < 6; part++) {
      feed(setup, { from: part * 100, to: part * 100 + 100 }, anyPartition);
      await until('some more rows', () => setup.rows().length >= part * 40);
    }
    tick(setup, 5_000);
    await until('all rows', () => setup.rows().length >= oracle(600).length);
    expect(await running.stop()).toBeNull();
    expect(sorted(setup.rows())).toEqual(sorted(oracle(600)));
  });

  test('a silent partition does not hold the others, and is heard again', async () => {
    const setup = setUp({
      spec: {
        source: {
          kafka: { bootstrapServers: 'memory:1', topic: 'in' },
          eventTime: { field: 'ts', unit: 'ms' },
          watermark: { idleTimeout: '300ms' },
        },
      },
    });
    const running = await setup.start('w0');
    const two = (_user: number, ts: number): number => ts % 2;
    feed(setup, { from: 0, to: 100 }, two);
    await until('windows close without the third', () => setup.rows().length >= oracle(90).length);
    setup.cluster.append('in', 2, [{ value: JSON.stringify({ user: 'late', ts: 5, v: 1 }) }]);
    await until('the late record is counted', () => running.worker.slots.some(({ task }) => task.counters.late === 1));
    tick(setup, 5_000);
    await until('all rows', () => setup.rows().length >= oracle(100).length);
    expect(await running.stop()).toBeNull();
    expect(sorted(setup.rows())).toEqual(sorted(oracle(100)));
  });

  test('an answer that was long on its way says nothing of the silence since', async () => {
    const setup = setUp({
      spec: {
        source: {
          kafka: { bootstrapServers: 'memory:1', topic: 'in' },
          eventTime: { field: 'ts', unit: 'ms' },
          watermark: { idleTimeout: '1500ms' },
        },
      },
    });
    let answers: Promise<void> | undefined;
    let requests: Promise<void> | undefined;
    const running = await setup.start('w0', ({ api }, phase) => {
      if (api !== 'fetch') return undefined;
      return phase === 'after' ? answers : requests;
    });
    feed(setup, { from: 0, to: 60 }, anyPartition);
    for (const partition of [0, 1])
      setup.cluster.append('in', partition, [{ value: JSON.stringify({ user: 'ahead', ts: 5_000, v: 0 }) }]);
    await until('only the last window waits for the third partition', () => setup.rows().length >= oracle(50).length);
    // Its silence has begun to count when an answer gets stuck that knows of nothing new.
    await systemClock.sleep(400);
    const stall = Promise.withResolvers<void>();
    answers = stall.promise;
    await systemClock.sleep(200);
    setup.cluster.append('in', 2, [{ value: JSON.stringify({ user: 'u4', ts: 58, v: 3 }) }]);
    await systemClock.sleep(1_500);
    // It arrives, and a commit goes by before the next one.
    requests = systemClock.sleep(200);
    answers = undefined;
    stall.resolve();
    await requests;
    requests = undefined;
    tick(setup, 6_000);
    await until('all rows', () => setup.rows().length >= oracle(60).length + 1);
    expect(await running.stop()).toBeNull();
    const counted = (rows: Record<string, unknown>[]): number =>
      rows.filter(({ user }) => user !== 'ahead').reduce((sum, { n }) => sum + Number(n), 0);
    expect(counted(setup.rows())).toBe(61);
  });
});

describe('a direct job', () => {
  const byKey = {
    keyBy: ['$key'],
    spec: {
      source: {
        kafka: { bootstrapServers: 'memory:1', topic: 'in', partitioner: 'trusted' },
        eventTime: { field: 'ts', unit: 'ms' },
      },
    },
  };
  const ofUser = (user: number): number => user % 3;

  test('goes on exactly after crashes', async () => {
    const setup = setUp(byKey);
    for (let life = 0; life < 5; life++) {
      const running = await setup.start('w0');
      feed(setup, { from: life * 100, to: life * 100 + 100 }, ofUser);
      await until('it has got on', () => running.worker.lastCommitAtMs !== null && setup.rows().length >= life * 40);
      running.cut();
    }
    const last = await setup.start('w0');
    tick(setup, 5_000);
    await until('all rows', () => setup.rows().length >= oracle(500, '$key').length);
    expect(await last.stop()).toBeNull();
    expect(sorted(setup.rows())).toEqual(sorted(oracle(500, '$key')));
  });

  test('stops when a key is where its partitioner would not put it', async () => {
    const setup = setUp({
      ...byKey,
      spec: {
        source: { kafka: { bootstrapServers: 'memory:1', topic: 'in' }, eventTime: { field: 'ts', unit: 'ms' } },
      },
    });
    const running = await setup.start('w0');
    for (let partition = 0; partition < 3; partition++)
      setup.cluster.append('in', partition, [{ key: 'u1', value: '{"ts":1}' }]);
    const error = await running.ended;
    expect(error).toBeInstanceOf(FatalProblem);
    expect((error as FatalProblem).details).toMatchObject({
      reason: 'NotCoPartitioned',
      userAction: expect.stringContaining('shuffle: always') as string,
    });
    expect(setup.rows()).toEqual([]);
  });
});

describe('a bad record', () => {
  const good = (ts: number) => ({ value: JSON.stringify({ user: 'u', ts, v: 1 }) });

  test('is put aside with its origin', async () => {
    const setup = setUp({ spec: { onBadRecord: { deadLetter: { kafka: { topic: 'dead' } } } } });
    const running = await setup.start('w0');
    setup.cluster.append('in', 1, [
      good(1),
      { key: 'k', value: '{broken', headers: [{ key: 'trace', value: 't1' }] },
      good(2),
    ]);
    tick(setup, 5_000);
    await until('the row', () => setup.rows().some(({ user }) => user === 'u'));
    expect(await running.stop()).toBeNull();
    const [dead, ...more] = setup.cluster.readAll('dead', { isolation: 'read_committed' });
    expect(more).toEqual([]);
    expect([String(dead?.key), String(dead?.value)]).toEqual(['k', '{broken']);
    const headers = Object.fromEntries((dead?.headers ?? []).map(({ key, value }) => [key, String(value)]));
    expect(headers).toMatchObject({
      trace: 't1',
      'streamjob.reason': 'malformed',
      'streamjob.topic': 'in',
      'streamjob.partition': '1',
      'streamjob.offset': '1',
    });
    expect(headers['streamjob.error']).toBe('the value must be one valid JSON document, got {broken');
  });

  test('ends a job that says fail, after what came before it is committed', async () => {
    const setup = setUp({ spec: { onBadRecord: 'fail' } });
    const running = await setup.start('w0');
    tick(setup, 1);
    setup.cluster.append('in', 0, [good(2)]);
    tick(setup, 50);
    await until('the first window', () => setup.rows().length === 4);
    setup.cluster.append('in', 0, [good(60), { value: '[]' }]);
    const error = await running.ended;
    expect((error as FatalProblem).details).toMatchObject({
      reason: 'PoisonRecord',
      topic: 'in',
      partition: 0,
      offset: 4,
    });
    expect(String(error)).toContain('record in/0@4 cannot be used (notAnObject)');
  });
});
