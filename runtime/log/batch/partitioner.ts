// To which partition the usual producers send a key: the Java client and its kin (murmur2), librdkafka by default (crc32).
import { crc32 } from './checksum.ts';
import { murmur2, toPositive } from './murmur2.ts';

/** Partition of the key `buffer[start, end)` by the Java client's default partitioner. */
export function murmur2Partition(buffer: Uint8Array, start: number, end: number, partitionCount: number): number {
  return toPositive(murmur2(buffer, start, end)) % partitionCount;
}

/** Partition of the key `buffer[start, end)` by librdkafka's `consistent` and `consistent_random` partitioners. */
export function crc32Partition(buffer: Uint8Array, start: number, end: number, partitionCount: number): number {
  return crc32(buffer, start, end) % partitionCount;
}
