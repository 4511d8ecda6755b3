// One record of the shuffle topic, as bytes: what one source partition has to say to one shuffle partition, in order.
//
// Version 2, little-endian: version u8 | plan hash u32 | source partition u32 | sections | CRC-32C.
// A section: kind u8 | body bytes u32 | body. Packed arrays: packed-numbers.
//   partials  pane start f64 | highest event time f64 | base offset f64 | rows u32 | key bytes u32 | columns u16 | cells u16 |
//             each column: presence u8 + packed doubles | packed: record counts, first offsets − base, last − first offsets, key
//             lengths | hashes i32 | keys | with cells: packed sizes + 1 by row and cell (0: no input yet) | cells
//   control   watermark f64 | source partitions u32 | flags u8 (1 idle, 2 quiet)
//   envelope  source offset f64 | event time f64 | record timestamp f64 | key hash i32 | canonical key u32 + bytes |
//             record key i32 + bytes (−1: null or left out) | value i32 + bytes | headers u32, i32 + bytes | inputs u16, each
//             f64 + scalar u32 + bytes
import { CHECKSUM_BYTES } from './byte-writer.ts';

export const BLOCK_FORMAT = 2;

/** Blocks are cut at this size; only a single row or envelope that is larger alone makes a larger one. */
export const MAX_BLOCK_BYTES = 256 * 1024;

export const SECTION_END = 0;
export const SECTION_PARTIALS = 1;
export const SECTION_CONTROL = 2;
export const SECTION_ENVELOPE = 3;

export const BLOCK_HEADER_BYTES = 9;
export const SECTION_HEADER_BYTES = 5;
export const BLOCK_OVERHEAD_BYTES = BLOCK_HEADER_BYTES + CHECKSUM_BYTES;

/** Of a column. */
export const ABSENT = 0;
export const PRESENT = 1;

export const FLAG_IDLE = 1;
export const FLAG_QUIET = 2;

/** Plan hash as in labels and metadata (8 hex digits) → as in blocks and snapshots. */
export function planHashNumber(planHash: string): number {
  if (!/^[0-9a-f]{8}$/.test(planHash)) throw new RangeError(`A plan hash has 8 hex digits, not "${planHash}".`);
  return Number.parseInt(planHash, 16);
}

export function planHashText(planHash: number): string {
  return planHash.toString(16).padStart(8, '0');
}
