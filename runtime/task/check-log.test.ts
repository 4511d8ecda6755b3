// Questions about a log before its task is brought to life: what is in doubt is asked again, and never taken for a good answer.
import { describe, expect, test } from 'vitest';
import type { Broker, ErrorCode } from '../log/broker.ts';
import { ClientWorld, withFaults } from '../log/client/client-world.cases.ts';
import { checkNotTruncated, findLogStart } from './check-log.ts';

const IN = { topic: 'in', partition: 0 };
const task = { slot: { name: 'direct-0', partition: IN }, signal: new AbortController().signal };

/** Ten records of epoch 0, then a leader that has four of them and writes ten more; the log begins at 2. */
async function newWorld() {
  const world = new ClientWorld();
  world.cluster.createTopic({ topic: 'in', partitions: 1 });
  const append = () => {
    for (let n = 0; n < 10; n++) world.cluster.append('in', 0, [{ value: `${n}` }]);
  };
  append();
  world.cluster.truncate('in', 0, 4);
  append();
  const broker = world.connect('loader');
  await broker.deleteRecords([{ ...IN, offset: 2 }]);
  return { world, broker };
}

/** Answers `code` to the first `times` of both questions. */
function refusing(broker: Broker, code: ErrorCode, times: number): Broker {
  let asked = 0;
  const refuse = <T extends { error: ErrorCode }>(answers: readonly T[]): T[] =>
    answers.map((each) => (asked++ < times ? { ...each, error: code, offset: -1, endOffset: -1 } : each));
  return withFaults(broker, {
    listOffsets: async (request) => refuse(await broker.listOffsets(request)),
    offsetsForLeaderEpochs: async (request) => refuse(await broker.offsetsForLeaderEpochs(request)),
  });
}

async function outcomeOf(offset: number, leaderEpoch: number, faults = (broker: Broker) => broker): Promise<unknown> {
  const { world, broker } = await newWorld();
  const { clock, random } = world;
  const committed = { ...IN, offset, leaderEpoch, error: 'NONE', metadata: '' };
  const parts = { broker: faults(broker), clock, random };
  const outcome = await world.drive(
    checkNotTruncated(parts, task, committed).then(
      () => 'whole',
      (error: unknown) => error,
    ),
  );
  await world.cluster.close();
  return outcome;
}

const again = (code: ErrorCode, times: number) => (broker: Broker) => refusing(broker, code, times);

describe('a committed offset', () => {
  test.each([
    ['within what is left of its leader epoch', 4, 0],
    ['at the end of the log', 14, 1],
    ['without a leader epoch, which cannot be checked', 9, -1],
  ])('is good: %s', async (_, offset, leaderEpoch) => {
    expect(await outcomeOf(offset, leaderEpoch)).toBe('whole');
  });

  test.each([
    ['behind the end of its leader epoch, though the log goes on', 5, 0, 'the log of that epoch ends at 4'],
    ['behind the end of the log', 15, 1, 'the log of that epoch ends at 14'],
    ['of a leader epoch that is gone', 5, 2, 'the log knows of no leader epoch 2 any more'],
  ])('is refused: %s', async (_, offset, leaderEpoch, text) => {
    const outcome = await outcomeOf(offset, leaderEpoch);
    expect(outcome).toMatchObject({
      details: { reason: 'LogTruncated', task: 'direct-0', offset },
      message: `task direct-0 has committed offset ${offset} of in/0, read under leader epoch ${leaderEpoch}, but ${text}: records that were committed are gone`,
    });
  });

  test('is judged by the first answer that is one', async () => {
    expect(await outcomeOf(4, 0, again('NOT_LEADER_OR_FOLLOWER', 3))).toBe('whole');
    expect(await outcomeOf(5, 0, again('FENCED_LEADER_EPOCH', 3))).toMatchObject({
      details: { reason: 'LogTruncated' },
    });
  });

  test('is not checked where the broker cannot be asked', async () => {
    expect(await outcomeOf(5, 0, again('UNSUPPORTED_VERSION', Infinity))).toBe('whole');
  });

  test.each([
    ['LEADER_NOT_AVAILABLE', { name: 'BrokerError', retryable: true }],
    ['UNKNOWN_TOPIC_OR_PARTITION', { details: { reason: 'TopicNotFound' } }],
    ['TOPIC_AUTHORIZATION_FAILED', { details: { reason: 'NotAuthorized' } }],
    ['INVALID_REQUEST', { details: { reason: 'BrokerUnreachable' } }],
  ])('stays in doubt, and people are told, while the broker answers %s', async (code, expected) => {
    const outcome = await outcomeOf(4, 0, again(code, Infinity));
    expect(outcome).toMatchObject(expected);
    expect(String(outcome)).toContain(code);
  });
});

describe('the beginning of a log', () => {
  const startOf = async (code: ErrorCode, times: number): Promise<unknown> => {
    const { world, broker } = await newWorld();
    const { clock, random } = world;
    const parts = { broker: refusing(broker, code, times), clock, random };
    const start = await world.drive(findLogStart(parts, task).catch((error: unknown) => error));
    await world.cluster.close();
    return start;
  };

  test('is asked for until there is an answer', async () => {
    expect(await startOf('LEADER_NOT_AVAILABLE', 3)).toBe(2);
  });

  test('is never guessed', async () => {
    expect(await startOf('LEADER_NOT_AVAILABLE', Infinity)).toMatchObject({ name: 'BrokerError', retryable: true });
    expect(await startOf('TOPIC_AUTHORIZATION_FAILED', Infinity)).toMatchObject({
      details: { reason: 'NotAuthorized' },
      message: 'task direct-0 cannot find the first offset of in/0: TOPIC_AUTHORIZATION_FAILED',
    });
  });
});
