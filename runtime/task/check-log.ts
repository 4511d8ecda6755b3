// What a task must know of its log before it is brought to life: where it begins, and that nothing before the committed offset was
// cut off. A log that cannot be asked is asked again; it is never taken for one that is whole.
import type { Clock } from '../clock.ts';
import { type Broker, BrokerError, type CommittedOffset, type ErrorCode } from '../log/broker.ts';
import { isAuthorizationFailure, isRetriable, retry, RetryDeadlineError, partitionKey } from '../log/client/index.ts';
import type { Random } from '../random.ts';
import { FatalProblem, type ProblemDetails } from './problem.ts';
import type { TaskSlot } from './task-slot.ts';

export interface CheckLogParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
}

export interface CheckLogTask {
  readonly slot: Pick<TaskSlot, 'name' | 'partition'>;
  readonly signal: AbortSignal;
}

/** After this long people are told; then it goes on. A topic that is not known for so long does not exist. */
const QUIET_MS = 5_000;

/** First offset of the task's log. Throws FatalProblem; BrokerError means: try again. */
export async function findLogStart(parts: CheckLogParts, task: CheckLogTask): Promise<number> {
  const listed = await ask(parts, task, {
    what: 'the first offset',
    request: () => parts.broker.listOffsets([{ ...task.slot.partition, at: 'earliest' }]),
  });
  if (listed.error !== 'NONE') throw new FatalProblem(unanswered(task.slot, 'the first offset', listed.error));
  return listed.offset;
}

/**
 * The log still holds what was read under the leader epoch of the commit: it has not been cut off below the committed offset, also
 * if it has grown beyond it since. Commits without an epoch cannot be checked, nor can brokers without OffsetForLeaderEpoch be asked.
 * Throws FatalProblem; BrokerError means: try again.
 */
export async function checkNotTruncated(
  parts: CheckLogParts,
  task: CheckLogTask,
  { offset, leaderEpoch }: CommittedOffset,
): Promise<void> {
  if (leaderEpoch < 0) return;
  const { slot } = task;
  const what = `the end of leader epoch ${leaderEpoch}`;
  const request = () => parts.broker.offsetsForLeaderEpochs([{ ...slot.partition, leaderEpoch }]);
  const end = await ask(parts, task, { what, request });
  if (end.error === 'UNSUPPORTED_VERSION') return;
  if (end.error !== 'NONE') throw new FatalProblem(unanswered(slot, what, end.error));
  if (end.endOffset >= offset) return;
  const where = partitionKey(slot.partition);
  const found =
    end.endOffset < 0
      ? `the log knows of no leader epoch ${leaderEpoch} any more`
      : `the log of that epoch ends at ${end.endOffset}`;
  throw new FatalProblem({
    reason: 'LogTruncated',
    message: `task ${slot.name} has committed offset ${offset} of ${where}, read under leader epoch ${leaderEpoch}, but ${found}: records that were committed are gone`,
    userAction:
      'was the topic re-created, or did an unclean leader election lose records? delete and re-create the job to start over',
    task: slot.name,
    ...slot.partition,
    offset,
  });
}

interface Question<T> {
  readonly what: string;
  readonly request: () => Promise<readonly T[]>;
}

/** The answer, or its error when waiting does not help. */
async function ask<T extends { readonly error: ErrorCode }>(
  { clock, random }: CheckLogParts,
  { slot, signal }: CheckLogTask,
  { what, request }: Question<T>,
): Promise<T> {
  const where = `${what} of ${partitionKey(slot.partition)}`;
  const attempt = async () => {
    const [answer] = await request();
    const error = answer?.error ?? 'UNKNOWN_SERVER_ERROR';
    if (answer === undefined || isRetriable(error) || error === 'UNKNOWN_SERVER_ERROR')
      return { again: error, what: `looking for ${where}` };
    return { value: answer };
  };
  try {
    return await retry<T>(attempt, { clock, random, signal, deadlineMs: QUIET_MS, unknownOutcome: 'retry' });
  } catch (error) {
    if (!(error instanceof RetryDeadlineError)) throw error;
    if (error.code === 'UNKNOWN_TOPIC_OR_PARTITION') throw new FatalProblem(unanswered(slot, what, error.code));
    throw new BrokerError('UNREACHABLE', error.message, { cause: error });
  }
}

function unanswered(slot: CheckLogTask['slot'], what: string, error: ErrorCode): ProblemDetails {
  const where = partitionKey(slot.partition);
  const details = { task: slot.name, ...slot.partition };
  const message = `task ${slot.name} cannot find ${what} of ${where}: ${error}`;
  if (isAuthorizationFailure(error)) {
    const userAction = `grant READ and DESCRIBE on topic ${slot.partition.topic} to the worker's principal`;
    return { reason: 'NotAuthorized', message, userAction, ...details };
  }
  if (error === 'UNKNOWN_TOPIC_OR_PARTITION') {
    const userAction = 'was the topic deleted? delete and re-create the job when it is there again';
    return { reason: 'TopicNotFound', message, userAction, ...details };
  }
  const userAction =
    'look at the broker that leads the partition; the worker does not guess where a log begins or ends';
  return { reason: 'BrokerUnreachable', message, userAction, ...details };
}
