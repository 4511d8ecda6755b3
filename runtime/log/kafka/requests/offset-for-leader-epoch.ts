// OffsetForLeaderEpoch v4: where the log of a leader epoch ends, as the present leader sees it.
import type { EpochEnd, TopicPartition } from '../../broker.ts';
import { errorName } from '../error-codes.ts';
import { byTopic } from '../partitions.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';

export interface EpochPartition extends TopicPartition {
  /** The epoch asked about. */
  readonly askedEpoch: number;
  /** That of the leader we believe in: another one is refused. */
  readonly leaderEpoch: number;
}

export const offsetForLeaderEpoch: RequestSpec<readonly EpochPartition[], EpochEnd[]> = {
  name: 'OffsetForLeaderEpoch',
  apiKey: 23,
  versions: [4, 4],
  write: (writer, partitions) => {
    writer
      .appendInt32(-1) // replica id: a client
      .appendArray(byTopic(partitions), (w, { topic, items }) => {
        w.appendString(topic).appendArray(items, (p, item) => {
          p.appendInt32(item.partition).appendInt32(item.leaderEpoch).appendInt32(item.askedEpoch);
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
          const error = errorName(p.readInt16());
          const partition = p.readInt32();
          const leaderEpoch = p.readInt32();
          return { topic, partition, error, leaderEpoch, endOffset: Number(p.readInt64()) };
        });
      })
      .flat();
  },
};
