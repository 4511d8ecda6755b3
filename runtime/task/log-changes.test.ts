// The log under a running or restarted job changes: whole workers notice, and none goes on over it.
import { describe, expect, test } from 'vitest';
import type { CommittedOffset } from '../log/broker.ts';
import { FatalProblem } from './problem.ts';
import { feed, oracle, type Setup, type Setting, setUp, sorted, tick, until } from './worker-world.cases.ts';

const ofUser = (user: number): number => user % 3;
/** Records of users 0 and 3, out of every hundred: those of partition 0. */
const PER_HUNDRED = 40;

async function committed({ cluster, groupId }: Setup): Promise<CommittedOffset | undefined> {
  const broker = cluster.connect({ clientId: 'judge' });
  const { offsets } = await broker.offsetFetch({ groupId, partitions: [{ topic: 'in', partition: 0 }] });
  await broker.close();
  return offsets[0];
}

/** A worker has read all that there is and has stopped. */
async function begun(setting: Setting): Promise<Setup> {
  const setup = setUp(setting);
  const first = await setup.start('w0');
  feed(setup, { from: 0, to: 100 }, ofUser);
  await until('rows', () => setup.rows().length > 10);
  await until('all is folded', () =>
    first.worker.slots.some(({ partition, task }) => partition.topic === 'in' && task.position === PER_HUNDRED),
  );
  expect(await first.stop()).toBeNull();
  expect(await committed(setup)).toMatchObject({ offset: PER_HUNDRED, leaderEpoch: 0 });
  return setup;
}

const byKey: Setting = {
  keyBy: ['$key'],
  spec: {
    source: {
      kafka: { bootstrapServers: 'memory:1', topic: 'in', partitioner: 'trusted' },
      eventTime: { field: 'ts', unit: 'ms' },
    },
  },
};

describe.each<[string, Setting, string]>([
  ['a shuffled job', {}, 'user'],
  ['a direct job', byKey, '$key'],
])('%s', (_, setting, keyName) => {
  test('goes on under another leader, whose epoch its commits carry', async () => {
    const setup = await begun(setting);
    setup.cluster.truncate('in', 0, PER_HUNDRED);
    const second = await setup.start('w0');
    feed(setup, { from: 100, to: 200 }, ofUser);
    tick(setup, 5_000);
    await until('all rows', () => setup.rows().length >= oracle(200, keyName).length);
    expect(await second.stop()).toBeNull();
    expect(sorted(setup.rows())).toEqual(sorted(oracle(200, keyName)));
    expect(await committed(setup)).toMatchObject({ offset: 2 * PER_HUNDRED + 1, leaderEpoch: 1 });
  });

  test('does not begin over a log that was cut off below its offset, though it has grown since', async () => {
    const setup = await begun(setting);
    setup.cluster.truncate('in', 0, 25);
    feed(setup, { from: 100, to: 200 }, ofUser);
    const before = setup.rows().length;
    const ended = await (await setup.start('w0')).ended;
    expect(ended).toBeInstanceOf(FatalProblem);
    expect(ended).toMatchObject({
      details: { reason: 'LogTruncated', topic: 'in', partition: 0, offset: PER_HUNDRED },
    });
    expect(String(ended)).toContain('the log of that epoch ends at 25');
    expect(setup.rows().length).toBe(before);
  });

  test('ends when its topic is deleted and created again under it', async () => {
    const setup = setUp(setting);
    const running = await setup.start('w0');
    feed(setup, { from: 0, to: 50 }, ofUser);
    await until('it has got on', () => running.worker.live && setup.rows().length > 5);
    setup.cluster.deleteTopic('in');
    setup.cluster.createTopic({ topic: 'in', partitions: 3 });
    feed(setup, { from: 0, to: 100 }, ofUser);
    const ended = await running.ended;
    expect(ended).toBeInstanceOf(FatalProblem);
    expect(ended).toMatchObject({ details: { reason: 'OffsetsLost', topic: 'in' } });
    expect(String(ended)).toContain('topic in was deleted and created again while the job was reading it (id ');
  });
});
