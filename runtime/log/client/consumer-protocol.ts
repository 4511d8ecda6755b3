// What members say in JoinGroup and hear in SyncGroup: valid ConsumerProtocol v1 bytes, so that the broker keeps the offsets of all
// topics and kafka-consumer-groups.sh can read them (W14); what only we need is in the user data, compact and with a version.
import type { TopicPartition } from '../broker.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { comparePartitions } from './partition-key.ts';
import type { Ownership, OwnershipMap } from './types.ts';

const PROTOCOL_VERSION = 1;
/** Of our user data. Persisted by the broker for as long as the group lives. */
const USER_DATA_VERSION = 1;

export interface Subscription {
  readonly topics: readonly string[];
  /** Held now. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** In which the owned partitions were assigned; −1 for none. */
  readonly generation: number;
  /** A follower that joins with the very same bytes changes nothing: this makes them differ. */
  readonly nonce: string;
  readonly knownMap: OwnershipMap | null;
}

export interface Assignment {
  /** May be worked on now. */
  readonly partitions: readonly TopicPartition[];
  readonly map: OwnershipMap;
}

export class ProtocolDecodeError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'ProtocolDecodeError';
  }
}

export function encodeSubscription(subscription: Subscription): Buffer {
  const userData = new ByteWriter()
    .uint8(USER_DATA_VERSION)
    .varint(subscription.generation + 1)
    .text(subscription.nonce)
    .uint8(subscription.knownMap === null ? 0 : 1);
  if (subscription.knownMap !== null) writeMap(userData, subscription.knownMap);
  const writer = new ByteWriter().int16(PROTOCOL_VERSION).int32(subscription.topics.length);
  for (const topic of subscription.topics.toSorted()) writer.string(topic);
  writeBytes(writer, userData.finish());
  writePartitions(writer, subscription.ownedPartitions);
  return writer.finish();
}

/**
 * User data of a version that this code does not know is passed over: that member then counts as one that has not spoken, which
 * is safe. Throws ProtocolDecodeError for bytes that are no subscription.
 */
export function decodeSubscription(bytes: Uint8Array): Subscription {
  return decoding('subscription', () => {
    const reader = new ByteReader(bytes);
    const version = reader.int16();
    const topics = readArray(reader, () => reader.string());
    const userData = readBytes(reader);
    const ownedPartitions = version >= 1 ? readPartitions(reader) : [];
    if (userData === null || userData[0] !== USER_DATA_VERSION)
      return { topics, ownedPartitions, generation: -1, nonce: '', knownMap: null };
    const own = new ByteReader(userData);
    own.uint8();
    const generation = own.varint() - 1;
    const nonce = own.text();
    return { topics, ownedPartitions, generation, nonce, knownMap: own.uint8() === 0 ? null : readMap(own) };
  });
}

export function encodeAssignment({ partitions, map }: Assignment): Buffer {
  const userData = new ByteWriter().uint8(USER_DATA_VERSION);
  writeMap(userData, map);
  const writer = new ByteWriter().int16(PROTOCOL_VERSION);
  writePartitions(writer, partitions);
  writeBytes(writer, userData.finish());
  return writer.finish();
}

/** Throws ProtocolDecodeError for bytes that are no assignment of ours. */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  return decoding('assignment', () => {
    const reader = new ByteReader(bytes);
    reader.int16();
    const partitions = readPartitions(reader);
    const userData = readBytes(reader);
    if (userData === null || userData[0] !== USER_DATA_VERSION)
      throw new RangeError(`user data of version ${userData?.[0] ?? 'none'}, this worker reads ${USER_DATA_VERSION}`);
    const own = new ByteReader(userData);
    own.uint8();
    return { partitions, map: readMap(own) };
  });
}

// Instances by their index; a byte per partition, and the few releases apart.
function writeMap(writer: ByteWriter, map: OwnershipMap): void {
  const index = new Map(map.instances.map((instanceId, at) => [instanceId, at]));
  const indexOf = (instanceId: string): number => {
    const at = index.get(instanceId);
    if (at === undefined) throw new RangeError(`owner ${instanceId} is not among the instances of the map`);
    return at;
  };
  writer.varint(map.generation).varint(map.instances.length);
  for (const instanceId of map.instances) writer.text(instanceId);
  writer.varint(map.topics.length);
  for (const { topic, partitions } of map.topics) {
    writer.text(topic).varint(partitions.length);
    for (const { owner } of partitions) writer.varint(indexOf(owner));
    const releases = partitions.flatMap(({ releasingBy }, partition) =>
      releasingBy === null ? [] : [{ partition, by: indexOf(releasingBy) }],
    );
    writer.varint(releases.length);
    for (const { partition, by } of releases) writer.varint(partition).varint(by);
  }
}

function readMap(reader: ByteReader): OwnershipMap {
  const generation = reader.varint();
  const instances = Array.from({ length: reader.varint() }, () => reader.text());
  const instance = (): string => {
    const at = reader.varint();
    const found = instances[at];
    if (found === undefined) throw new RangeError(`owner ${at} of ${instances.length} instances`);
    return found;
  };
  const topics = Array.from({ length: reader.varint() }, () => {
    const topic = reader.text();
    const partitions = Array.from(
      { length: reader.varint() },
      (): Ownership => ({ owner: instance(), releasingBy: null }),
    );
    for (let left = reader.varint(); left > 0; left--) {
      const partition = reader.varint();
      const held = partitions[partition];
      if (held === undefined) throw new RangeError(`release of partition ${partition} of ${partitions.length}`);
      partitions[partition] = { ...held, releasingBy: instance() };
    }
    return { topic, partitions };
  });
  return { generation, instances, topics };
}

function writePartitions(writer: ByteWriter, partitions: readonly TopicPartition[]): void {
  const byTopic = Map.groupBy(partitions.toSorted(comparePartitions), ({ topic }) => topic);
  writer.int32(byTopic.size);
  for (const [topic, own] of byTopic) {
    writer.string(topic).int32(own.length);
    for (const { partition } of own) writer.int32(partition);
  }
}

function readPartitions(reader: ByteReader): TopicPartition[] {
  return readArray(reader, () => {
    const topic = reader.string();
    return readArray(reader, () => ({ topic, partition: reader.int32() }));
  }).flat();
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.int32(bytes.length).bytes(bytes);
}

function readBytes(reader: ByteReader): Buffer | null {
  const length = reader.int32();
  return length < 0 ? null : reader.bytes(length);
}

function readArray<T>(reader: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.int32(); left > 0; left--) items.push(read());
  return items;
}

function decoding<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProtocolDecodeError(`a group ${what} cannot be read: ${error.message}`, { cause: error });
  }
}
