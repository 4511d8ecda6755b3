// Why a request to Kafka did not succeed, in the terms that a condition needs: which broker, which right, which answer.
import * as kafka from '@platformatic/kafka';

export type KafkaErrorCode =
  /** No broker could be reached, or none answered in time. */
  | 'Unreachable'
  /** An ACL is missing. */
  | 'NotAuthorized'
  /** The broker answered with an error; `answer` is Kafka's name of it. */
  | 'Refused';

export class KafkaError extends Error {
  readonly code: KafkaErrorCode;
  /** Kafka's name of the error, e.g. NON_EMPTY_GROUP; empty when there was no answer. */
  readonly answer: string;
  constructor(code: KafkaErrorCode, message: string, options: { answer?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'KafkaError';
    this.code = code;
    this.answer = options.answer ?? '';
  }
}

/** Kafka's name of an error code, `NONE` for 0. */
export function answerName(code: number): string {
  return code === 0 ? 'NONE' : (kafka.protocolErrorsCodesById[code] ?? `ERROR_${code}`);
}

/** Answers that go away by themselves while a coordinator or a leader moves, or a transaction is being ended. */
const PASSING: ReadonlySet<string> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'LEADER_NOT_AVAILABLE',
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'THROTTLING_QUOTA_EXCEEDED',
]);

export function isPassing(answer: string): boolean {
  return PASSING.has(answer);
}

/** @throws KafkaError unless the answer is NONE; `what` says what was tried, `acl` which right it takes. */
export function checkAnswer(answer: string, what: string, acl: string): void {
  if (answer === 'NONE') return;
  if (answer.endsWith('_AUTHORIZATION_FAILED')) {
    throw new KafkaError('NotAuthorized', `${what} is not allowed: the operator needs the ACL ${acl} (${answer})`, {
      answer,
    });
  }
  throw new KafkaError('Refused', `${what} failed: the broker answered ${answer}`, { answer });
}
