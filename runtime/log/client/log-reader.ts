// Reads assigned partitions from whoever leads them. One fetch loop per leader: the next request goes out as soon as the last
// answer is decoded, while its records are being folded. What is in doubt is asked again; no offset is ever chosen here (W13).
import { type FetchedPartition, type ListedOffset, type TopicMetadata, type TopicPartition } from '../broker.ts';
import { LeaderEpochs } from '../leader-epochs.ts';
import { isRetryableError } from './error-codes.ts';
import { ItemBuffer } from './item-buffer.ts';
import { partitionKey } from './partition-key.ts';
import { fetchVerdict, isCorrupt, PartitionReader } from './partition-reader.ts';
import { backoffMs } from './retry.ts';
import type { LogReaderOptions, ReaderItem } from './types.ts';
import { Wake } from './wake.ts';

/** Made once: a reason of its own for each is most of what calling off costs. */
const CALLED_OFF = new Error('called off');

const MIB = 1024 * 1024;

interface LeaderLoop {
  readonly wake: Wake;
  /** Ends the long poll in flight. */
  interrupt: AbortController;
  done: Promise<void>;
}

interface Asked {
  readonly reader: PartitionReader;
  readonly revision: number;
  /** Wall clock. */
  readonly atMs: number;
}

export class LogReader {
  readonly #options: Required<Omit<LogReaderOptions, 'waiting'>>;
  readonly #waiting: (why: string | null) => void;
  /** In the order in which they are asked for: one that gave records goes to the end. */
  readonly #partitions = new Map<string, PartitionReader>();
  /** Of each topic when it was first found: another one later is another log. */
  readonly #topicIds = new Map<string, string>();
  readonly #buffer = new ItemBuffer();
  readonly #loops = new Map<number, LeaderLoop>();
  readonly #items = new Wake();
  readonly #placement = new Wake();
  readonly #stop = new AbortController();
  #epoch = 0;
  /** Given out by the last `next`, when memory is to be reused. */
  #lent: readonly ReaderItem[] = [];
  #isWaiting = false;

  constructor(options: LogReaderOptions) {
    this.#waiting = options.waiting ?? (() => undefined);
    this.#options = {
      maxPartitionBytes: MIB,
      maxResponseBytes: 16 * MIB,
      maxBufferedBytes: 32 * MIB,
      maxItemBytes: 4 * MIB,
      maxWaitMs: 100,
      minBytes: 1,
      idleReportMs: 250,
      unknownTopicGraceMs: 5_000,
      reuseMemory: false,
      ...options,
    };
  }

  /**
   * Reads on from `offset`; nothing of an earlier assignment comes out any more. `leaderEpochs` learns the epochs of what is read,
   * before it comes out. Answers the epoch that its items will carry.
   */
  assign(tp: TopicPartition, offset: number, leaderEpochs = new LeaderEpochs()): number {
    this.unassign(tp);
    const reader = new PartitionReader(tp, offset, { epoch: ++this.#epoch, leaderEpochs });
    this.#partitions.set(reader.key, reader);
    this.#placement.ring();
    return reader.epoch;
  }

  unassign(tp: TopicPartition): void {
    const key = partitionKey(tp);
    const reader = this.#partitions.get(key);
    if (reader === undefined) return;
    this.#partitions.delete(key);
    this.#buffer.drop(key);
    reader.revision++;
    this.#loops.get(reader.leaderId)?.wake.ring();
  }

  /** Nothing more of it comes out until `resume`; what was not given out yet is fetched again then. False when that is so already. */
  pause(tp: TopicPartition): boolean {
    const reader = this.#partitions.get(partitionKey(tp));
    if (reader === undefined || reader.paused || reader.phase === 'failed') return false;
    reader.paused = true;
    reader.rewind();
    this.#buffer.drop(reader.key);
    return true;
  }

  resume(tp: TopicPartition): void {
    const reader = this.#partitions.get(partitionKey(tp));
    if (reader === undefined || !reader.paused) return;
    reader.paused = false;
    if (reader.phase === 'reading') this.#hurry(reader.leaderId);
    else this.#placement.ring();
  }

  /** Next offset after what `next` has given out; null for a partition that is not assigned. */
  position(tp: TopicPartition): number | null {
    return this.#partitions.get(partitionKey(tp))?.delivered ?? null;
  }

  /** Everything that is buffered, up to `maxItemBytes`; waits for the first item. Throws the signal's reason, or what ended `run`. */
  async next(signal: AbortSignal): Promise<readonly ReaderItem[]> {
    this.#release();
    while (this.#buffer.isEmpty) {
      signal.throwIfAborted();
      this.#stop.signal.throwIfAborted();
      await this.#items.wait(this.#options.clock, signal);
    }
    signal.throwIfAborted();
    const items = this.#buffer.take(this.#options.maxItemBytes);
    for (const item of items) {
      const reader = this.#partitions.get(partitionKey(item));
      if (reader !== undefined && item.kind === 'chunk') reader.delivered = item.nextOffset;
    }
    for (const { wake } of this.#loops.values()) wake.ring();
    if (this.#options.reuseMemory) this.#lent = items;
    return items;
  }

  #release(): void {
    for (const item of this.#lent) if (item.kind === 'chunk') item.release?.();
    this.#lent = [];
  }

  /** Fetches until the signal is aborted. Throws BrokerError for what no retry can cure: the port is closed, an API is missing. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#end(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#place();
    } catch (error) {
      this.#end(error);
    }
    signal.removeEventListener('abort', onAbort);
    await Promise.all([...this.#loops.values()].map(({ done }) => done));
    if (!signal.aborted) throw this.#stop.signal.reason;
  }

  #end(reason: unknown): void {
    this.#stop.abort(reason);
    for (const { interrupt, wake } of this.#loops.values()) {
      interrupt.abort();
      wake.ring();
    }
    this.#items.ring();
  }

  /** Finds leaders and limits for the partitions that lack them, and starts a loop for every leader. */
  async #place(): Promise<void> {
    const { clock } = this.#options;
    const stop = this.#stop.signal;
    while (!stop.aborted) {
      const now = clock.monotonicMs();
      const due = (reader: PartitionReader): boolean => !reader.paused && reader.retryAtMs <= now;
      const readers = [...this.#partitions.values()];
      const outOfRange = readers.filter((reader) => reader.phase === 'outOfRange' && due(reader));
      const leaderless = readers.filter((reader) => reader.phase === 'leaderless' && due(reader));
      if (outOfRange.length > 0) await this.#askLimits(outOfRange);
      if (leaderless.length > 0) await this.#askLeaders(leaderless);
      if (outOfRange.length + leaderless.length > 0) continue;
      const waits = readers.filter(
        ({ phase, paused }) => !paused && (phase === 'leaderless' || phase === 'outOfRange'),
      );
      const nextMs = Math.min(...waits.map(({ retryAtMs }) => retryAtMs));
      await this.#placement.wait(clock, stop, waits.length === 0 ? undefined : Math.max(0, nextMs - now));
    }
  }

  async #askLeaders(leaderless: readonly PartitionReader[]): Promise<void> {
    const topics = [...new Set(leaderless.map(({ topic }) => topic))];
    const known = new Map<string, TopicMetadata>();
    try {
      for (const each of (await this.#options.broker.metadata(topics)).topics) known.set(each.topic, each);
    } catch (error) {
      if (!isRetryableError(error)) throw error;
      for (const reader of leaderless) this.#again(reader, error.message);
      return;
    }
    const leaders = new Set<number>();
    for (const reader of leaderless) {
      // It may have been taken away while the answer was under way.
      if (this.#partitions.get(reader.key) !== reader) continue;
      const topic = known.get(reader.topic);
      const partition = topic?.partitions.find((each) => each.partition === reader.partition);
      if (topic?.error === 'NONE' && this.#isAnother(reader, topic.topicId)) continue;
      const error = topic !== undefined && topic.error !== 'NONE' ? topic.error : partition?.error;
      // A partition that is listed with a leader can be asked, whatever else is wrong with its replicas.
      if (partition !== undefined && partition.leaderId >= 0 && topic?.error === 'NONE') {
        reader.phase = 'reading';
        reader.leaderId = partition.leaderId;
        reader.topicId = topic.topicId;
        leaders.add(partition.leaderId);
      } else if (error === undefined) this.#refused(reader, 'UNKNOWN_TOPIC_OR_PARTITION');
      else this.#refused(reader, error === 'NONE' ? 'LEADER_NOT_AVAILABLE' : error);
    }
    for (const leaderId of leaders) this.#hurry(leaderId);
  }

  #isAnother(reader: PartitionReader, topicId: string): boolean {
    const { topic } = reader;
    const formerTopicId = this.#topicIds.get(topic) ?? topicId;
    this.#topicIds.set(topic, formerTopicId);
    if (topicId === formerTopicId) return false;
    const message = `topic ${topic} was deleted and created again (id ${topicId}, was ${formerTopicId})`;
    this.#push(reader.fail('TOPIC_RECREATED', message, { topicId, formerTopicId }));
    return true;
  }

  async #askLimits(outOfRange: readonly PartitionReader[]): Promise<void> {
    const ask = async (at: 'earliest' | 'latest'): Promise<Map<string, ListedOffset>> => {
      const partitions = outOfRange.map(({ topic, partition }) => ({ topic, partition, at }));
      const listed = await this.#options.broker.listOffsets(partitions);
      return new Map(listed.map((each) => [partitionKey(each), each]));
    };
    try {
      const [earliest, latest] = await Promise.all([ask('earliest'), ask('latest')]);
      for (const reader of outOfRange)
        if (this.#partitions.get(reader.key) === reader)
          this.#judgeLimits(reader, earliest.get(reader.key), latest.get(reader.key));
    } catch (error) {
      if (!isRetryableError(error)) throw error;
      for (const reader of outOfRange) this.#again(reader, error.message);
    }
  }

  #judgeLimits(reader: PartitionReader, earliest: ListedOffset | undefined, latest: ListedOffset | undefined): void {
    const error = [earliest?.error, latest?.error].find((code) => code !== 'NONE') ?? 'NONE';
    if (earliest === undefined || latest === undefined || error !== 'NONE') {
      this.#refused(reader, error === 'NONE' ? 'UNKNOWN_TOPIC_OR_PARTITION' : error);
      return;
    }
    const limits = { logStartOffset: earliest.offset, highWatermark: latest.offset };
    const inside = reader.position >= limits.logStartOffset && reader.position <= limits.highWatermark;
    if (inside && !reader.dispute()) {
      reader.phase = 'leaderless';
      this.#again(reader, 'OFFSET_OUT_OF_RANGE for an offset that is in range');
      return;
    }
    const message = `offset ${reader.position} of ${reader.topic}-${reader.partition} is not in the log, which goes from ${limits.logStartOffset} to ${limits.highWatermark}`;
    this.#push(reader.fail('OFFSET_OUT_OF_RANGE', message, limits));
  }

  #hurry(leaderId: number): void {
    const loop = this.#loops.get(leaderId);
    if (loop === undefined) {
      const created: LeaderLoop = { wake: new Wake(), interrupt: new AbortController(), done: Promise.resolve() };
      this.#loops.set(leaderId, created);
      created.done = this.#fetchFrom(leaderId, created).catch((error: unknown) => {
        this.#end(error);
        this.#placement.ring();
      });
      return;
    }
    loop.interrupt.abort(CALLED_OFF);
    loop.wake.ring();
  }

  async #fetchFrom(leaderId: number, loop: LeaderLoop): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const own = [...this.#partitions.values()].filter(
        (reader) => reader.phase === 'reading' && reader.leaderId === leaderId,
      );
      if (own.length === 0) break;
      const asked = this.#select(own);
      if (asked.length > 0) await this.#fetch(leaderId, loop, asked);
      else await loop.wake.wait(this.#options.clock, this.#stop.signal);
    }
    this.#loops.delete(leaderId);
  }

  #select(own: readonly PartitionReader[]): readonly Asked[] {
    const { maxBufferedBytes, maxPartitionBytes } = this.#options;
    if (this.#buffer.sizeBytes >= maxBufferedBytes) return [];
    // A slow task must not fill the buffer with its own records and starve the others.
    const shareBytes = Math.max(maxPartitionBytes, maxBufferedBytes / this.#partitions.size);
    const atMs = this.#options.clock.now();
    return own
      .filter(({ paused, key }) => !paused && this.#buffer.bytesOf(key) < shareBytes)
      .map((reader) => ({ reader, revision: reader.revision, atMs }));
  }

  async #fetch(leaderId: number, loop: LeaderLoop, asked: readonly Asked[]): Promise<void> {
    const { broker, maxPartitionBytes, maxResponseBytes, maxBufferedBytes, maxWaitMs, minBytes } = this.#options;
    loop.interrupt = new AbortController();
    const { signal } = loop.interrupt;
    const partitions = asked.map(({ reader: { topic, topicId, partition, position } }) => ({
      topic,
      topicId,
      partition,
      offset: position,
      maxBytes: maxPartitionBytes,
    }));
    const maxBytes = Math.min(maxResponseBytes, maxBufferedBytes - this.#buffer.sizeBytes);
    let answers: readonly FetchedPartition[];
    try {
      answers = await broker.fetch({ leaderId, partitions, maxWaitMs, minBytes, maxBytes }, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryableError(error) && !isCorrupt(error)) throw error;
      for (const each of asked)
        if (this.#isCurrent(each)) {
          if (isCorrupt(error)) this.#corrupt(each.reader, error.message);
          else this.#again(each.reader, error.message);
        }
      return;
    }
    const byKey = new Map(asked.map((each) => [each.reader.key, each]));
    for (const answer of answers) {
      const each = byKey.get(partitionKey(answer));
      if (each !== undefined && this.#isCurrent(each)) this.#take(each, answer);
    }
  }

  #isCurrent({ reader, revision }: Asked): boolean {
    return this.#partitions.get(reader.key) === reader && reader.revision === revision;
  }

  #take({ reader, atMs }: Asked, answer: FetchedPartition): void {
    if (answer.error !== 'NONE') {
      this.#refused(reader, answer.error);
      return;
    }
    const { clock, idleReportMs } = this.#options;
    try {
      const chunk = reader.accept(answer, { askedAtMs: atMs, nowMs: clock.monotonicMs(), idleReportMs });
      if (chunk === null) return this.#recovered();
      if (chunk.bytes > 0) {
        this.#partitions.delete(reader.key);
        this.#partitions.set(reader.key, reader);
      }
      this.#push(chunk);
      this.#recovered();
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#corrupt(reader, error.message);
    }
  }

  #refused(reader: PartitionReader, error: string): void {
    const where = `${reader.topic}-${reader.partition}`;
    const verdict = fetchVerdict(error);
    if (verdict === 'corrupt') return this.#corrupt(reader, `${where}, offset ${reader.position}: ${error}`);
    if (verdict === 'final') return this.#push(reader.fail(error, `reading ${where} at ${reader.position}: ${error}`));
    if (verdict === 'unknown') {
      const now = this.#options.clock.monotonicMs();
      reader.unknownSinceMs ??= now;
      const unknownMs = now - reader.unknownSinceMs;
      if (unknownMs >= this.#options.unknownTopicGraceMs)
        return this.#push(
          reader.fail(
            error,
            `the brokers have not known ${where} for ${Math.round(unknownMs)} ms; was the topic deleted?`,
          ),
        );
    }
    if (verdict === 'outOfRange') {
      reader.phase = 'outOfRange';
      reader.retryAtMs = 0;
      this.#doubt(reader);
      this.#placement.ring();
    } else this.#again(reader, `${where}: ${error}`);
  }

  #corrupt(reader: PartitionReader, message: string): void {
    if (reader.dispute()) this.#push(reader.fail('CORRUPT', message));
    else this.#again(reader, message);
  }

  /** Asks metadata, then the leader, again after a while. */
  #again(reader: PartitionReader, why: string): void {
    const { clock, random } = this.#options;
    if (reader.phase === 'reading') reader.phase = 'leaderless';
    reader.retryAtMs = clock.monotonicMs() + backoffMs(reader.failures++, random);
    this.#doubt(reader);
    this.#isWaiting = true;
    this.#waiting(why);
    this.#placement.ring();
  }

  #doubt(reader: PartitionReader): void {
    const { clock } = this.#options;
    const chunk = reader.doubt({ askedAtMs: clock.now(), nowMs: clock.monotonicMs() });
    if (chunk !== null) this.#push(chunk);
  }

  #recovered(): void {
    if (!this.#isWaiting || [...this.#partitions.values()].some(({ failures }) => failures > 0)) return;
    this.#isWaiting = false;
    this.#waiting(null);
  }

  #push(item: ReaderItem): void {
    this.#buffer.push(item);
    this.#items.ring();
  }
}
