// What a worker does when it would hold too much.
import { expect, test } from 'vitest';
import { FatalProblem } from './problem.ts';
import { setUp, until } from './worker-world.cases.ts';

const click = (user: string, ts: number) => [{ key: user, value: JSON.stringify({ user, ts, v: 1 }) }];

test('a worker whose state outgrows its limit says so, and what came before is out', async () => {
  const setup = setUp({ spec: { window: { tumbling: { size: '1m' } } } });
  setup.cluster.append('in', 0, click('early', 1));
  for (let partition = 0; partition < 3; partition++) setup.cluster.append('in', partition, click('tick', 60_000));
  const running = await setup.start('w1', undefined, { stateLimitBytes: 300_000 });
  await until('the first window is out', () => setup.rows().some(({ user }) => user === 'early'));
  for (let i = 0; i < 40_000; i += 100)
    setup.cluster.append('in', i % 3, Array.from({ length: 100 }, (_, k) => click(`user-${i + k}`, 60_000 + k)).flat());
  const error = await running.ended;
  expect(error).toBeInstanceOf(FatalProblem);
  expect(error).toMatchObject({
    details: { reason: 'StateTooLarge', message: expect.stringContaining('its limit is 1 MiB') },
  });
  const again = await setup.start('w1');
  for (let partition = 0; partition < 3; partition++) setup.cluster.append('in', partition, click('tick', 120_000));
  await until('all windows are out', () => setup.rows().length === 2 + 40_000);
  expect(new Set(setup.rows().map(({ user, windowStart }) => `${String(user)}@${String(windowStart)}`)).size).toBe(
    40_002,
  );
  await again.stop();
});
