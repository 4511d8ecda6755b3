// The topic settings that change what a broker does with a request; others are kept as they are and have no effect.

export interface TopicConfig {
  readonly maxMessageBytes: number;
  readonly logAppendTime: boolean;
  /** How far a record timestamp may lie before and after the wall clock. */
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  /** Whether records may be deleted on request (`cleanup.policy` contains `delete`). */
  readonly deletable: boolean;
}

/** Kafka's defaults (4.x). */
const MAX_MESSAGE_BYTES = 1_048_588;

/** Reads Kafka's own setting names; `timestampAfterMaxMs` is the cluster's default. */
export function topicConfig(configs: Readonly<Record<string, string>>, timestampAfterMaxMs: number): TopicConfig {
  const integer = (name: string, fallback: number): number => {
    const text = configs[name];
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!Number.isInteger(value)) throw new Error(`topic setting ${name} must be an integer, it is "${text}"`);
    return value;
  };
  return {
    maxMessageBytes: integer('max.message.bytes', MAX_MESSAGE_BYTES),
    logAppendTime: configs['message.timestamp.type'] === 'LogAppendTime',
    timestampBeforeMaxMs: integer('message.timestamp.before.max.ms', Number.MAX_SAFE_INTEGER),
    timestampAfterMaxMs: integer('message.timestamp.after.max.ms', timestampAfterMaxMs),
    deletable: (configs['cleanup.policy'] ?? 'delete').split(',').some((policy) => policy.trim() === 'delete'),
  };
}
