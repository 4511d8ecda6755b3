// What hinders the worker right now, in words that people can act on: kept current while it waits, gone when it gets on.
import { StoreError } from '../checkpoint/index.ts';
import type { Clock } from '../clock.ts';
import { BrokerError } from '../log/broker.ts';
import type { TransactionError } from '../log/client/index.ts';
import type { Logger } from '../logger.ts';
import type { ProblemDetails } from './problem.ts';

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;

export class Troubles {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiting = new Map<string, string>();
  readonly #problems = new Map<string, ProblemDetails>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The most pressing problem, null for none. */
  get problem(): ProblemDetails | null {
    return this.#problems.values().next().value ?? null;
  }

  /** What is waited for, in a few words; null for nothing. */
  get why(): string | null {
    return this.#waiting.values().next().value ?? null;
  }

  waiting(part: string, why: string | null): void {
    if (why === null) this.#waiting.delete(part);
    else this.#waiting.set(part, why);
  }

  /** Sets or clears the problem of one part; said once in the log, not at every try. */
  report(part: string, problem: ProblemDetails | null): void {
    const before = this.#problems.get(part);
    if (problem === null) {
      if (this.#problems.delete(part)) this.#log.info('problem-over', { part, reason: before?.reason });
      return;
    }
    this.#problems.set(part, problem);
    if (before?.message !== problem.message) this.#log.warn('problem', { part, ...problem });
  }

  storage(error: StoreError | null): void {
    this.report('storage', error === null ? null : storageProblem(error));
  }

  commit(error: TransactionError | null): void {
    // A retriable failure is a matter of milliseconds: only a refusal is worth a condition.
    if (error === null || error.kind === 'rejected')
      this.report('commit', error === null ? null : commitProblem(error));
  }

  /** Repeats `work` while the store or the brokers fail, telling so. Other errors pass. */
  async whileStoreFails<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        const result = await work(signal);
        this.storage(null);
        this.report('broker', null);
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof StoreError) this.storage(error);
        else if (error instanceof BrokerError && error.retryable) this.report('broker', brokerProblem(error));
        else throw error;
        await this.#clock.sleep(waitMs, signal);
      }
    }
  }
}

export function storageProblem(error: StoreError): ProblemDetails {
  return { reason: 'StorageUnavailable', message: error.message };
}

export function brokerProblem(error: BrokerError): ProblemDetails {
  return {
    reason: 'BrokerUnreachable',
    message: error.message,
    userAction:
      'check spec.source.kafka.bootstrapServers, and that the brokers can be reached from the workers under their advertised addresses',
  };
}

export function commitProblem(error: TransactionError): ProblemDetails {
  const [first] = error.partitions;
  const denied = error.code.endsWith('AUTHORIZATION_FAILED');
  return {
    reason: denied ? 'NotAuthorized' : error.code.startsWith('UNKNOWN_TOPIC') ? 'TopicNotFound' : 'BrokerUnreachable',
    message: `results cannot be committed: ${error.message}`,
    userAction: denied
      ? 'grant the worker WRITE on the sink and shuffle topics, READ on the group, and WRITE on its transactional id'
      : 'see the message; the worker tries again by itself',
    ...(first === undefined ? {} : { topic: first.topic, partition: first.partition }),
  };
}
