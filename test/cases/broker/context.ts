// What a case of the shared broker table is given, and how it waits: the same sentences must hold for the embedded log under a
// virtual clock and for a real cluster under the machine's.
import type { Broker, ErrorCode } from '../../../runtime/log/broker.ts';

export interface BrokerContext {
  /** A new client; closed when the case ends. */
  connect(): Promise<Broker>;
  /** Name of a new topic; resolves when clients can use it. */
  createTopic(partitions: number, configs?: Readonly<Record<string, string>>): Promise<string>;
  deleteTopic(topic: string): Promise<void>;
  /** A topic of the very same name, after `deleteTopic`. */
  recreateTopic(topic: string, partitions: number): Promise<void>;
  uniqueName(prefix: string): string;
  /** Lets this time pass. */
  advance(ms: number): Promise<void>;
  /** Wall clock of the broker, epoch milliseconds. */
  now(): number;
}

export interface BrokerCase {
  /** The rule, as a plain sentence. */
  readonly name: string;
  readonly run: (context: BrokerContext) => Promise<void>;
}

const STEP_MS = 20;
/** Above the longest wait of a case: a transaction time-out and the scan that notices it. */
const PATIENCE_MS = 40_000;

/** Asks again, letting time pass, until the answer satisfies. */
export async function until<T>(
  context: BrokerContext,
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += STEP_MS) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (waitedMs >= PATIENCE_MS)
      throw new Error(`still not so after ${PATIENCE_MS} ms, the last answer was ${show(answer)}`);
    await context.advance(STEP_MS);
  }
}

/** Lets time pass until the promise has an answer. */
export async function settled<T>(context: BrokerContext, promise: Promise<T>): Promise<T> {
  const pending = observe(promise);
  for (let waitedMs = 0; pending.open; waitedMs += STEP_MS) {
    if (waitedMs >= PATIENCE_MS) throw new Error(`no answer within ${PATIENCE_MS} ms`);
    await context.advance(STEP_MS);
  }
  return promise;
}

/** Whether the promise has no answer yet after this time. */
export async function staysOpen(context: BrokerContext, promise: Promise<unknown>, ms: number): Promise<boolean> {
  const pending = observe(promise);
  await context.advance(ms);
  return pending.open;
}

/** Whether a promise is open. A rejection that comes while time passes is the later reader's, not the process's. */
function observe(promise: Promise<unknown>): { open: boolean } {
  const pending = { open: true };
  const settle = (): void => {
    pending.open = false;
  };
  promise.then(settle, settle);
  return pending;
}

/** What any client meets while coordinators start or end something of before: reasons to ask again, never the point of a case. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  'CONCURRENT_TRANSACTIONS',
  'NOT_ENOUGH_REPLICAS',
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
]);

export function isTransient(error: ErrorCode): boolean {
  return TRANSIENT.has(error);
}

/** Asks until the error is not a transient one. */
export function answered<T extends { readonly error: ErrorCode }>(
  context: BrokerContext,
  ask: () => Promise<T>,
): Promise<T> {
  return until(context, ask, ({ error }) => !isTransient(error));
}

/** The same for requests that answer per partition. */
export function allAnswered<T extends { readonly error: ErrorCode }>(
  context: BrokerContext,
  ask: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  return until(context, ask, (answers) => answers.every(({ error }) => !isTransient(error)));
}

/** Error codes per answer, in order. */
export function errors(answers: readonly { readonly error: ErrorCode }[]): ErrorCode[] {
  return answers.map(({ error }) => error);
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
}
