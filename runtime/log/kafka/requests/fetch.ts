// Fetch v12 (topics by name) and v13 (by id, which notices a topic that was created anew). Without a session, read_committed;
// record bytes are handed on as they are.
import type { ErrorCode, FetchedPartition, FetchPartition } from '../../broker.ts';
import { errorName } from '../error-codes.ts';
import { byTopic } from '../partitions.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';

const READ_COMMITTED = 1;
const FIRST_VERSION_WITH_TOPIC_IDS = 13;

export interface FetchRequestBody {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly partitions: readonly (FetchPartition & { readonly leaderEpoch: number })[];
  /** Id of each topic asked for. */
  readonly topicIds: ReadonlyMap<string, string>;
}

export interface FetchResponseBody {
  readonly error: ErrorCode;
  /** `topic` is the name in v12 and the id in v13. */
  readonly partitions: readonly FetchedPartition[];
}

export const fetch: RequestSpec<FetchRequestBody, FetchResponseBody> = {
  name: 'Fetch',
  apiKey: 1,
  versions: [12, 13],
  write: (writer, request, version) => {
    writer
      .appendInt32(-1) // replica id: a client
      .appendInt32(request.maxWaitMs)
      .appendInt32(request.minBytes)
      .appendInt32(request.maxBytes)
      .appendInt8(READ_COMMITTED)
      .appendInt32(0) // session id
      .appendInt32(-1) // session epoch: none
      .appendArray(byTopic(request.partitions), (w, { topic, items }) => {
        if (version >= FIRST_VERSION_WITH_TOPIC_IDS) w.appendUUID(request.topicIds.get(topic) ?? null);
        else w.appendString(topic);
        w.appendArray(items, (p, item) => {
          p.appendInt32(item.partition)
            .appendInt32(item.leaderEpoch)
            .appendInt64(BigInt(item.offset))
            .appendInt32(-1) // last fetched epoch
            .appendInt64(-1n) // log start offset: of followers
            .appendInt32(item.maxBytes);
        });
      })
      .appendArray([], () => undefined) // forgotten topics
      .appendString('') // rack
      .appendTaggedFields();
  },
  read: (reader, version, release) => {
    let held = 0;
    const releaseOne = (): void => {
      if (--held === 0) release();
    };
    skipThrottleTime(reader);
    const error = errorName(reader.readInt16());
    reader.readInt32(); // session id
    const partitions = reader
      .readArray((r) => {
        const topic = version >= FIRST_VERSION_WITH_TOPIC_IDS ? r.readUUID() : r.readString();
        return r.readArray((p): FetchedPartition => {
          const partition = p.readInt32();
          const partitionError = errorName(p.readInt16());
          const highWatermark = Number(p.readInt64());
          const lastStableOffset = Number(p.readInt64());
          const logStartOffset = Number(p.readInt64());
          const abortedTransactions = p.readArray((a) => ({
            producerId: a.readInt64(),
            firstOffset: Number(a.readInt64()),
          }));
          abortedTransactions.sort((a, b) => a.firstOffset - b.firstOffset);
          p.readInt32(); // preferred read replica
          const records = p.readNullableBytes();
          const hasRecords = records !== null && records.length > 0;
          if (hasRecords) held++;
          return {
            topic,
            partition,
            error: partitionError,
            highWatermark,
            lastStableOffset,
            logStartOffset,
            abortedTransactions,
            records: hasRecords ? records : null,
            ...(hasRecords ? { release: releaseOne } : {}),
          };
        });
      })
      .flat();
    if (held === 0) release();
    return { error, partitions };
  },
};

/** The answer for a partition about which the broker said nothing but an error. */
export function fetchError({ topic, partition }: FetchPartition, error: ErrorCode): FetchedPartition {
  return {
    topic,
    partition,
    error,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: [],
    records: null,
  };
}
