// Metadata v12: brokers, leaders, topic ids. Never creates a topic.
import type { TopicMetadata } from '../../broker.ts';
import { errorName } from '../error-codes.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export interface MetadataResponse {
  readonly brokers: ReadonlyMap<number, BrokerAddress>;
  readonly clusterId: string;
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
}

export const metadata: RequestSpec<{ topics: readonly string[] }, MetadataResponse> = {
  name: 'Metadata',
  apiKey: 3,
  versions: [12, 12],
  write: (writer, { topics }) => {
    writer
      .appendArray([...topics], (w, topic) => w.appendUUID(null).appendString(topic))
      .appendBoolean(false) // allow auto topic creation
      .appendBoolean(false) // authorized operations
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    const brokers = reader.readArray((r) => {
      const nodeId = r.readInt32();
      const address: BrokerAddress = { host: r.readString(), port: r.readInt32() };
      r.readNullableString(); // rack
      return [nodeId, address] as const;
    });
    const clusterId = reader.readString();
    const controllerId = reader.readInt32();
    const topics = reader.readArray((r): TopicMetadata => {
      const error = errorName(r.readInt16());
      const topic = r.readString();
      const topicId = r.readUUID();
      r.readBoolean(); // internal
      const partitions = r.readArray((p) => {
        const each = {
          error: errorName(p.readInt16()),
          partition: p.readInt32(),
          leaderId: p.readInt32(),
          leaderEpoch: p.readInt32(),
        };
        // Replicas, in-sync replicas, offline replicas.
        for (let list = 0; list < 3; list++) p.readArray((n) => n.readInt32(), true, false);
        return each;
      });
      r.readInt32(); // authorized operations
      partitions.sort((a, b) => a.partition - b.partition);
      return { topic, topicId, error, partitions };
    });
    return { brokers: new Map(brokers), clusterId, controllerId, topics };
  },
};
