// DeleteRecords v2: moves the start of a log.
import type { PartitionError, TopicPartition } from '../../broker.ts';
import { errorName } from '../error-codes.ts';
import { byTopic } from '../partitions.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';

export interface DeleteRecordsBody {
  readonly offsets: readonly (TopicPartition & { readonly offset: number })[];
  readonly timeoutMs: number;
}

export const deleteRecords: RequestSpec<DeleteRecordsBody, PartitionError[]> = {
  name: 'DeleteRecords',
  apiKey: 21,
  versions: [2, 2],
  write: (writer, { offsets, timeoutMs }) => {
    writer
      .appendArray(byTopic(offsets), (w, { topic, items }) => {
        w.appendString(topic).appendArray(items, (p, item) => {
          p.appendInt32(item.partition).appendInt64(BigInt(item.offset));
        });
      })
      .appendInt32(timeoutMs)
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    return reader
      .readArray((r) => {
        const topic = r.readString();
        return r.readArray((p) => {
          const partition = p.readInt32();
          p.readInt64(); // low watermark
          return { topic, partition, error: errorName(p.readInt16()) };
        });
      })
      .flat();
  },
};
