// OffsetFetch v8 with require_stable: an offset under an undecided transaction is an error of its partition, not an old value.
import type { CommittedOffset, ErrorCode, TopicPartition } from '../../broker.ts';
import { errorName, NOT_ANSWERED } from '../error-codes.ts';
import { byTopic } from '../partitions.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';

export interface OffsetFetchResponse {
  readonly error: ErrorCode;
  readonly offsets: readonly CommittedOffset[];
}

export const offsetFetch: RequestSpec<{ groupId: string; partitions: readonly TopicPartition[] }, OffsetFetchResponse> =
  {
    name: 'OffsetFetch',
    apiKey: 9,
    versions: [8, 8],
    write: (writer, { groupId, partitions }) => {
      writer
        .appendArray([groupId], (w, group) => {
          w.appendString(group).appendArray(byTopic(partitions), (t, { topic, items }) => {
            t.appendString(topic).appendArray(items, (p, item) => p.appendInt32(item.partition), true, false);
          });
        })
        .appendBoolean(true) // require stable
        .appendTaggedFields();
    },
    read: (reader) => {
      skipThrottleTime(reader);
      const [group] = reader.readArray((g) => {
        g.readString(); // group id
        const offsets = g
          .readArray((t) => {
            const topic = t.readString();
            return t.readArray((p): CommittedOffset => {
              const partition = p.readInt32();
              const offset = Number(p.readInt64());
              const leaderEpoch = p.readInt32();
              const metadata = p.readString();
              return { topic, partition, offset, leaderEpoch, metadata, error: errorName(p.readInt16()) };
            });
          })
          .flat();
        return { error: errorName(g.readInt16()), offsets };
      });
      return group ?? { error: NOT_ANSWERED, offsets: [] };
    },
  };
