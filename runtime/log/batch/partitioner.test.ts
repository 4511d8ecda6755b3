import { crc32 as zlibCrc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, crc32c } from './checksum.ts';
import { crc32Partition, murmur2Partition } from './partitioner.ts';

test('checksums of the check string are those of their definitions', () => {
  const bytes = Buffer.from('123456789');
  expect(crc32(bytes, 0, bytes.length)).toBe(0xcbf43926);
  expect(crc32c(bytes)).toBe(0xe3069283);
});

test('crc32 of any range is that of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (bytes, skip) => {
      const start = Math.min(skip, bytes.length);
      expect(crc32(bytes, start, bytes.length)).toBe(zlibCrc32(bytes.subarray(start)));
    }),
  );
});

test('a key goes to one of the partitions, the same one each time', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
      for (const partitionOf of [murmur2Partition, crc32Partition]) {
        const partition = partitionOf(key, 0, key.length, partitions);
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(partitions);
        expect(partitionOf(key, 0, key.length, partitions)).toBe(partition);
      }
    }),
  );
});

test('a negative hash is made positive before the modulo, as in the Java client', () => {
  // toPositive(-973932308) = 1173551340
  expect(murmur2Partition(Buffer.from('21'), 0, 2, 7)).toBe(1173551340 % 7);
});
