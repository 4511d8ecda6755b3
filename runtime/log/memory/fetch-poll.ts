// A fetch as the broker runs it: answered at once when there is enough, or an error to tell; else when stable data arrives or the
// reader's patience ends.
import type { FetchedPartition, FetchPartition, FetchRequest } from '../broker.ts';
import { failedFetch } from './partition-log.ts';
import type { Timers } from './timers.ts';
import type { Topics } from './topics.ts';

export class FetchPoll {
  readonly #topics: Topics;
  readonly #request: FetchRequest;

  constructor(topics: Topics, request: FetchRequest) {
    this.#topics = topics;
    this.#request = request;
  }

  /** Rejects with the signal's reason when it is aborted first. */
  run(timers: Timers, signal: AbortSignal): Promise<readonly FetchedPartition[]> {
    if (this.#ready() || this.#request.maxWaitMs <= 0) return Promise.resolve(this.#answer());
    const { promise, resolve, reject } = Promise.withResolvers<readonly FetchedPartition[]>();
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      for (const stop of stops) stop();
    };
    const finish = (): void => {
      end();
      resolve(this.#answer());
    };
    const onAbort = (): void => {
      end();
      reject(signal.reason);
    };
    const timer = timers.schedule(this.#request.maxWaitMs, finish);
    const onChange = (): void => {
      if (this.#ready()) finish();
    };
    const stops = this.#request.partitions.map((at) => this.#topics.find(at)?.watch(onChange) ?? (() => undefined));
    signal.addEventListener('abort', onAbort, { once: true });
    return promise;
  }

  #ready(): boolean {
    const { minBytes, partitions } = this.#request;
    let bytes = 0;
    for (const at of partitions) {
      const log = this.#topics.find(at);
      if (log === null || this.#isAnother(at) || log.leaderId !== this.#request.leaderId) return true;
      const answer = log.answersAt(at.offset, minBytes);
      if (answer.failed) return true;
      bytes += answer.bytes;
    }
    return bytes >= minBytes;
  }

  #answer(): readonly FetchedPartition[] {
    let room = this.#request.maxBytes;
    let anything = false;
    return this.#request.partitions.map((at) => {
      const answer = this.#read(at, { room, atLeastOneBatch: !anything });
      if (answer.records !== null) {
        anything = true;
        room = Math.max(0, room - answer.records.length);
      }
      return answer;
    });
  }

  #read(at: FetchPartition, limits: { room: number; atLeastOneBatch: boolean }): FetchedPartition {
    const log = this.#topics.find(at);
    if (log === null) return failedFetch(at, 'UNKNOWN_TOPIC_OR_PARTITION');
    if (this.#isAnother(at)) return failedFetch(at, 'UNKNOWN_TOPIC_ID');
    if (log.leaderId !== this.#request.leaderId) return failedFetch(at, 'NOT_LEADER_OR_FOLLOWER');
    const maxBytes = Math.min(at.maxBytes, limits.room);
    return log.read({ offset: at.offset, maxBytes, atLeastOneBatch: limits.atLeastOneBatch });
  }

  #isAnother({ topic, topicId }: FetchPartition): boolean {
    return topicId !== undefined && topicId !== this.#topics.idOf(topic);
  }
}
