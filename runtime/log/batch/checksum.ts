// CRC-32C guards record batches; CRC-32 (of zlib) is what librdkafka's default partitioner hashes keys with.
import { crc32c } from '@node-rs/crc32';

export { crc32c };

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of `buffer[start, end)`, unsigned. In JavaScript, because keys are short and a native call costs more than the loop. */
export function crc32(buffer: Uint8Array, start: number, end: number): number {
  let crc = -1;
  for (let at = start; at < end; at++) {
    crc = (TABLE[(crc ^ (buffer[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
