// CreateTopics and DescribeConfigs, for the administration helpers.
import type { ErrorCode } from '../../broker.ts';
import { errorName, NOT_ANSWERED } from '../error-codes.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';

const TOPIC_RESOURCE = 2;

export interface CreateTopicBody {
  readonly topic: string;
  /** −1 for the broker's default. */
  readonly partitions: number;
  /** −1 for the broker's default. */
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface ErrorWithMessage {
  readonly error: ErrorCode;
  readonly errorMessage: string | null;
}

export const createTopics: RequestSpec<CreateTopicBody, ErrorWithMessage> = {
  name: 'CreateTopics',
  apiKey: 19,
  versions: [5, 7],
  write: (writer, request) => {
    writer
      .appendArray([request], (w, topic) => {
        w.appendString(topic.topic)
          .appendInt32(topic.partitions)
          .appendInt16(topic.replicationFactor)
          .appendArray([], () => undefined) // assignments
          .appendArray(Object.entries(topic.configs), (c, [name, value]) => c.appendString(name).appendString(value));
      })
      .appendInt32(request.timeoutMs)
      .appendBoolean(false) // validate only
      .appendTaggedFields();
  },
  read: (reader, version) => {
    skipThrottleTime(reader);
    const [created] = reader.readArray((r) => {
      r.readString(); // name
      if (version >= 7) r.readUUID();
      const error = errorName(r.readInt16());
      const errorMessage = r.readNullableString();
      r.readInt32(); // partitions
      r.readInt16(); // replication factor
      r.readArray((c) => {
        c.readString();
        c.readNullableString();
        c.readBoolean();
        c.readInt8();
        c.readBoolean();
      });
      return { error, errorMessage };
    });
    return created ?? { error: NOT_ANSWERED, errorMessage: null };
  },
};

export interface TopicConfigs extends ErrorWithMessage {
  /** Effective values by name; sensitive ones are left out, as the broker does not tell them. */
  readonly configs: ReadonlyMap<string, string>;
}

export const describeConfigs: RequestSpec<{ topic: string }, TopicConfigs> = {
  name: 'DescribeConfigs',
  apiKey: 32,
  versions: [4, 4],
  write: (writer, { topic }) => {
    writer
      .appendArray([topic], (w, name) =>
        w
          .appendInt8(TOPIC_RESOURCE)
          .appendString(name)
          .appendArray(null, () => undefined),
      )
      .appendBoolean(false) // synonyms
      .appendBoolean(false) // documentation
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    const [described] = reader.readArray((r): TopicConfigs => {
      const error = errorName(r.readInt16());
      const errorMessage = r.readNullableString();
      r.readInt8(); // resource type
      r.readString(); // resource name
      const configs = new Map<string, string>();
      r.readArray((c) => {
        const name = c.readString();
        const value = c.readNullableString();
        if (value !== null) configs.set(name, value);
        c.readBoolean(); // read only
        c.readInt8(); // source
        c.readBoolean(); // sensitive
        c.readArray((s) => {
          s.readString();
          s.readNullableString();
          s.readInt8();
        });
        c.readInt8(); // type
        c.readNullableString(); // documentation
      });
      return { error, errorMessage, configs };
    });
    return described ?? { error: NOT_ANSWERED, errorMessage: null, configs: new Map() };
  },
};
