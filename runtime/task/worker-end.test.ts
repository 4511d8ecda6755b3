// How the run of a worker ends, and that one without work is not taken for one that hangs.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import type { Intercept } from '../log/memory/index.ts';
import { FatalProblem } from './problem.ts';
import { feed, setUp, tick, until } from './worker-world.cases.ts';

describe('a worker', () => {
  test('that stops while a commit waits for a membership that was lost ends in order', async () => {
    const setup = setUp();
    const offsets = Promise.withResolvers<void>();
    const join = Promise.withResolvers<void>();
    let holding = false;
    let commits = 0;
    const hold: Intercept = ({ api }, phase) => {
      if (!holding || phase === 'after') return undefined;
      if (api === 'txnOffsetCommit') {
        commits++;
        return offsets.promise;
      }
      return api === 'joinGroup' ? join.promise : undefined;
    };
    const running = await setup.start('w0', hold);
    feed(setup, { from: 0, to: 100 }, (_user, ts) => ts % 3);
    await until('it gets on', () => setup.rows().length > 5);
    holding = true;
    feed(setup, { from: 100, to: 200 }, (_user, ts) => ts % 3);
    await until('a commit is under way', () => commits > 0);
    await setup.evict('w0');
    await until('it has lost all', () => running.worker.slots.length === 0);
    // The commit fails, and waits for the next membership.
    offsets.resolve();
    await systemClock.sleep(100);
    const ended = running.stop();
    join.resolve();
    expect(await ended).toBeNull();
  });

  test('without a task turns as others do', async () => {
    const setup = setUp({ spec: { maxParallelism: 1 } });
    const all = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => setup.start(name)));
    await until('all are members', () => all.every(({ worker }) => worker.live));
    await until('one has none', () => all.some(({ worker }) => worker.slots.length === 0));
    const idle = all.find(({ worker }) => worker.slots.length === 0)?.worker;
    const before = idle?.turns ?? 0;
    await until('it turns', () => (idle?.turns ?? 0) > before + 3);
    for (const running of all) expect(await running.stop()).toBeNull();
  });

  test('commits what came before a record that ends the job, though another commit is in flight', async () => {
    const setup = setUp({ spec: { onBadRecord: 'fail' } });
    const held = Promise.withResolvers<void>();
    let holding = false;
    let commits = 0;
    const hold: Intercept = ({ api }, phase) => {
      if (!holding || phase === 'after' || api !== 'txnOffsetCommit') return undefined;
      commits++;
      return held.promise;
    };
    const running = await setup.start('w0', hold);
    tick(setup, 1);
    await until('it is live', () => running.worker.live && running.worker.lastCommitAtMs !== null);
    holding = true;
    setup.cluster.append('in', 0, [{ value: JSON.stringify({ user: 'u', ts: 2, v: 1 }) }]);
    await until('a commit is in flight', () => commits > 0);
    setup.cluster.append('in', 0, [{ value: JSON.stringify({ user: 'u', ts: 3, v: 1 }) }, { value: '[]' }]);
    await systemClock.sleep(100);
    held.resolve();
    expect(await running.ended).toBeInstanceOf(FatalProblem);
    const broker = setup.cluster.connect({ clientId: 'judge' });
    const { offsets } = await broker.offsetFetch({
      groupId: setup.groupId,
      partitions: [{ topic: 'in', partition: 0 }],
    });
    // The bad record's own offset: everything before it is out.
    expect(offsets.map(({ offset }) => offset)).toEqual([3]);
  });
});
