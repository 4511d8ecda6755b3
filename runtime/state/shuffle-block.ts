// One record of the shuffle topic, as bytes: what one source partition has to say to one shuffle partition, in order.
//
// Version 1, little-endian: version u8 | plan hash u32 | source partition u32 | sections | CRC-32C.
// A section: kind u8 | body bytes u32 | body.
//   partials  pane start f64 | highest event time f64 | base offset f64 | rows u32 | key bytes u32 | columns u16, presence u8 each |
//             present columns f64 per row | record counts u32 | first, last offset − base u32 | hashes i32 | key ends u32 | keys
//   control   watermark f64 | source partitions u32 | flags u8 (1 idle, 2 quiet)
//   envelope  source offset f64 | event time f64 | record timestamp f64 | key hash i32 | canonical key u32 + bytes |
//             record key i32 + bytes (−1: null) | value i32 + bytes (−1: left out) | inputs u16 + f64 each
import { CHECKSUM_BYTES } from './byte-writer.ts';

export const BLOCK_FORMAT = 1;

/** Blocks are cut at this size; only a single row or envelope that is larger alone makes a larger one. */
export const MAX_BLOCK_BYTES = 256 * 1024;

export const SECTION_END = 0;
export const SECTION_PARTIALS = 1;
export const SECTION_CONTROL = 2;
export const SECTION_ENVELOPE = 3;

export const BLOCK_HEADER_BYTES = 9;
export const SECTION_HEADER_BYTES = 5;
export const BLOCK_OVERHEAD_BYTES = BLOCK_HEADER_BYTES + CHECKSUM_BYTES;

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
