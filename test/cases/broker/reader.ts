// Reading for cases: what a read_committed reader gets, and where it stands afterwards.
import type {
  Broker,
  CommittedOffset,
  FetchedPartition,
  ListedOffset,
  OffsetSpec,
  TopicPartition,
} from '../../../runtime/log/broker.ts';
import { decodeFetch, RecordCursor } from '../../../runtime/log/batch/index.ts';
import { type BrokerContext, isTransient, until } from './context.ts';

export interface ReadRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly value: string | null;
}

export interface ReadResult {
  readonly records: readonly ReadRecord[];
  /** Next offset to fetch. */
  readonly position: number;
  readonly last: FetchedPartition;
}

export interface FetchInput extends TopicPartition {
  readonly offset: number;
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly topicId?: string;
  readonly signal?: AbortSignal;
}

const NEVER = new AbortController().signal;
const LEADER_ERRORS = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
]);

export async function leaderOf(context: BrokerContext, broker: Broker, at: TopicPartition): Promise<number> {
  const known = ({ topics }: Awaited<ReturnType<Broker['metadata']>>): number | undefined =>
    topics[0]?.partitions.find(({ partition }) => partition === at.partition)?.leaderId;
  const metadata = await until(
    context,
    () => broker.metadata([at.topic]),
    (answer) => (known(answer) ?? -1) >= 0,
  );
  return known(metadata) ?? -1;
}

/** One fetch of one partition. */
export async function fetchOnce(context: BrokerContext, broker: Broker, input: FetchInput): Promise<FetchedPartition> {
  const leaderId = await leaderOf(context, broker, input);
  const maxBytes = input.maxBytes ?? 10_000_000;
  const { topic, partition, offset, topicId } = input;
  const partitions = [{ topic, partition, offset, maxBytes, ...(topicId === undefined ? {} : { topicId }) }];
  const request = { leaderId, partitions, maxWaitMs: input.maxWaitMs ?? 0, minBytes: input.minBytes ?? 1, maxBytes };
  const answer = await until(
    context,
    () => broker.fetch(request, input.signal ?? NEVER),
    (fetched) => fetched.every(({ error }) => !LEADER_ERRORS.has(error)),
  );
  const [fetched] = answer;
  if (fetched === undefined) throw new Error('fetch gave no answer for its partition');
  return fetched;
}

/** Reads from `offset` up to the last stable offset. */
export async function readFrom(
  context: BrokerContext,
  broker: Broker,
  at: TopicPartition & { offset: number },
): Promise<ReadResult> {
  const records: ReadRecord[] = [];
  for (let position = at.offset; ; ) {
    const last = await fetchOnce(context, broker, { ...at, offset: position });
    if (last.error !== 'NONE') throw new Error(`fetch at ${position} answered ${last.error}`);
    const decoded = decodeFetch(last, position);
    for (const record of recordsOf(decoded.batches)) if (record.offset >= position) records.push(record);
    position = decoded.nextOffset;
    if (position >= last.lastStableOffset) return { records, position, last };
  }
}

/** Values of all committed records, waiting until there are so many and the log has no open end. */
export async function committedValues(
  context: BrokerContext,
  broker: Broker,
  at: TopicPartition & { count: number },
): Promise<(string | null)[]> {
  const result = await until(
    context,
    () => readFrom(context, broker, { ...at, offset: 0 }),
    ({ records, last }) => records.length >= at.count && last.lastStableOffset === last.highWatermark,
  );
  return result.records.map(({ value }) => value);
}

export function recordsOf(batches: ReturnType<typeof decodeFetch>['batches']): ReadRecord[] {
  const records: ReadRecord[] = [];
  const cursor = new RecordCursor();
  for (const batch of batches) {
    cursor.reset(batch);
    while (cursor.next()) {
      const { offset, timestampMs, buffer, valueStart, valueEnd } = cursor;
      records.push({
        offset,
        timestampMs,
        value: valueStart < 0 ? null : buffer.toString('utf8', valueStart, valueEnd),
      });
    }
  }
  return records;
}

export async function listOffset(
  context: BrokerContext,
  broker: Broker,
  input: TopicPartition & { at: OffsetSpec },
): Promise<ListedOffset> {
  const [listed] = await until(
    context,
    () => broker.listOffsets([input]),
    (answers) => answers.every(({ error }) => !LEADER_ERRORS.has(error)),
  );
  if (listed === undefined) throw new Error('listOffsets gave no answer for its partition');
  return listed;
}

/** OffsetFetch with require_stable for one partition, as it is at this moment. */
export async function committedNow(
  context: BrokerContext,
  broker: Broker,
  from: TopicPartition & { groupId: string },
): Promise<CommittedOffset> {
  const partitions = [{ topic: from.topic, partition: from.partition }];
  const answer = await until(
    context,
    () => broker.offsetFetch({ groupId: from.groupId, partitions }),
    ({ error }) => !isTransient(error),
  );
  const [committed] = answer.offsets;
  if (answer.error !== 'NONE' || committed === undefined) throw new Error(`offset fetch answered ${answer.error}`);
  return committed;
}

/** The same once no transaction is pending on it. */
export function committedStable(
  context: BrokerContext,
  broker: Broker,
  from: TopicPartition & { groupId: string },
): Promise<CommittedOffset> {
  return until(
    context,
    () => committedNow(context, broker, from),
    ({ error }) => error !== 'UNSTABLE_OFFSET_COMMIT',
  );
}
