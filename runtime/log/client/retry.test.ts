import { describe, expect, it } from 'vitest';
import { BrokerError } from '../broker.ts';
import { seededRandom, VirtualClock } from '../memory/index.ts';
import { backoffMs, retry, RetryDeadlineError } from './retry.ts';

const random = seededRandom(1);

describe('retry', () => {
  it('waits twice as long each time, up to the limit, less a random half', () => {
    for (let attempt = 0; attempt < 40; attempt++) {
      const full = Math.min(250, 5 * 2 ** attempt);
      const waitMs = backoffMs(attempt, random);
      expect(waitMs).toBeGreaterThanOrEqual(full / 2);
      expect(waitMs).toBeLessThanOrEqual(full);
    }
  });

  it('sends few requests to a coordinator that is loading, and says why it waits', async () => {
    const clock = new VirtualClock();
    const whys: (string | null)[] = [];
    let asked = 0;
    const done = retry(
      async () =>
        ++asked && clock.now() >= 10_000
          ? { value: 'ready' }
          : { again: 'COORDINATOR_LOAD_IN_PROGRESS', what: 'EndTxn' },
      { clock, random, unknownOutcome: 'throw', onWait: (why) => whys.push(why) },
    );
    await clock.advance(11_000);
    expect(await done).toBe('ready');
    expect(asked).toBeLessThan(90);
    expect([whys[0], whys.at(-1)]).toEqual(['EndTxn: COORDINATOR_LOAD_IN_PROGRESS', null]);
  });

  it('gives up at the deadline with the last code', async () => {
    const clock = new VirtualClock();
    const done = retry(async () => ({ again: 'NOT_COORDINATOR', what: 'EndTxn' }), {
      clock,
      random,
      deadlineMs: 1_000,
      unknownOutcome: 'throw',
    });
    const refused = done.catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await refused).toBeInstanceOf(RetryDeadlineError);
    expect(await refused).toMatchObject({ code: 'NOT_COORDINATOR' });
  });

  it('repeats what was certainly not sent, and what may have been executed only when told to', async () => {
    for (const [code, unknownOutcome, expected] of [
      ['UNREACHABLE', 'throw', 2],
      ['UNKNOWN_OUTCOME', 'retry', 2],
      ['UNKNOWN_OUTCOME', 'throw', 'UNKNOWN_OUTCOME'],
      ['CLOSED', 'retry', 'CLOSED'],
      ['CORRUPT', 'retry', 'CORRUPT'],
    ] as const) {
      const clock = new VirtualClock();
      const attempt = async (number: number) => {
        if (number === 0) throw new BrokerError(code, code);
        return { value: number + 1 };
      };
      const done = retry<number>(attempt, { clock, random, unknownOutcome }).catch((error: BrokerError) => error.code);
      await clock.advance(10);
      expect(await done).toBe(expected);
    }
  });

  it('ends with the signal', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const done = retry(async () => ({ again: 'NOT_COORDINATOR', what: 'EndTxn' }), {
      clock,
      random,
      signal: controller.signal,
      unknownOutcome: 'throw',
    });
    await clock.advance(100);
    controller.abort(new Error('stop'));
    await expect(done).rejects.toThrow('stop');
    expect(clock.sleeping).toBe(0);
  });
});
