// How a generation begins: with whom the last one ended, and what has grown since.
import { expect, test } from 'vitest';
import type { Logger } from '../logger.ts';
import { FatalProblem } from './problem.ts';
import { feed, oracle, setUp, sorted, tick, until } from './worker-world.cases.ts';

test('a leader fences who committed last and is gone, though nobody remembers the last generation', async () => {
  const fenced: unknown[] = [];
  const note = (event: string, fields?: Record<string, unknown>): void => {
    if (event === 'fenced') fenced.push(fields?.['instanceId']);
  };
  const log: Logger = { info: note, warn: () => undefined, error: () => undefined };
  const setup = setUp({ log });
  const first = await setup.start('a');
  feed(setup, { from: 0, to: 100 }, (_user, ts) => ts % 3);
  await until('it has written', () => setup.rows().length > 5);
  first.cut();
  // Only its place in the group is taken from it; what it has open stays open.
  const broker = setup.cluster.connect({ clientId: 'operator' });
  await broker.leaveGroup({ groupId: setup.groupId, memberId: '', instanceId: 'a', reason: 'its pod is gone' });
  const second = await setup.start('b');
  await until('it was fenced', () => fenced.includes('a'));
  tick(setup, 5_000);
  await until('all rows', () => setup.rows().length >= oracle(100).length);
  expect(await second.stop()).toBeNull();
  expect(sorted(setup.rows())).toEqual(sorted(oracle(100)));
  expect(fenced.filter((id) => id === 'a')).toHaveLength(1);
});

test('a source that has grown is taken up from the beginning of what is new', async () => {
  const setup = setUp();
  const first = await setup.start('a');
  feed(setup, { from: 0, to: 100 }, (_user, ts) => ts % 3);
  await until('it has written', () => setup.rows().length > 5);
  expect(await first.stop()).toBeNull();
  setup.cluster.addPartitions('in', 4);
  feed(setup, { from: 100, to: 200 }, (_user, ts) => ts % 4);
  const second = await setup.start('b');
  tick(setup, 5_000);
  setup.cluster.append('in', 3, [{ value: JSON.stringify({ user: 'tick3', ts: 5_000, v: 0 }) }]);
  await until('all rows', () => setup.rows().length >= oracle(200).length);
  expect(await second.stop()).toBeNull();
  expect(sorted(setup.rows())).toEqual(sorted(oracle(200)));
});

test('a direct job whose source has grown stops: its keys have moved', async () => {
  const kafka = { bootstrapServers: 'memory:1', topic: 'in', partitioner: 'trusted' };
  const setup = setUp({ keyBy: ['$key'], spec: { source: { kafka, eventTime: { field: 'ts', unit: 'ms' } } } });
  const first = await setup.start('a');
  feed(setup, { from: 0, to: 100 }, (user) => user % 3);
  await until('it has written', () => setup.rows().length > 5);
  expect(await first.stop()).toBeNull();
  setup.cluster.addPartitions('in', 4);
  const error = await (await setup.start('b')).ended;
  expect(error).toBeInstanceOf(FatalProblem);
  expect((error as FatalProblem).details).toMatchObject({ reason: 'PartitionsChanged', topic: 'in' });
  expect(String(error)).toContain('topic in had 3 partitions when the job began and has more now');
});
