// ListOffsets v6–v7: ends of a partition, or the first offset at a time. Isolation read_uncommitted, so the end is the high watermark.
import type { ListedOffset, TopicPartition } from '../../broker.ts';
import { errorName } from '../error-codes.ts';
import { byTopic } from '../partitions.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';

export const LATEST_TIMESTAMP = -1;
export const EARLIEST_TIMESTAMP = -2;

export interface ListOffsetsPartition extends TopicPartition {
  /** Epoch milliseconds, or one of the two constants. */
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}

/** The offset is −1 where no record is as late as the time asked for. */
export const listOffsets: RequestSpec<readonly ListOffsetsPartition[], ListedOffset[]> = {
  name: 'ListOffsets',
  apiKey: 2,
  versions: [6, 7],
  write: (writer, partitions) => {
    writer
      .appendInt32(-1) // replica id: a client
      .appendInt8(0) // read_uncommitted
      .appendArray(byTopic(partitions), (w, { topic, items }) => {
        w.appendString(topic).appendArray(items, (p, item) => {
          p.appendInt32(item.partition).appendInt32(item.leaderEpoch).appendInt64(BigInt(item.timestampMs));
        });
      })
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    return reader
      .readArray((r) => {
        const topic = r.readString();
        return r.readArray((p) => {
          const partition = p.readInt32();
          const error = errorName(p.readInt16());
          p.readInt64(); // timestamp of the record found
          const offset = Number(p.readInt64());
          p.readInt32(); // leader epoch
          return { topic, partition, error, offset };
        });
      })
      .flat();
  },
};
