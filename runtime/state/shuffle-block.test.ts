import { readFileSync, writeFileSync } from 'node:fs';
import { crc32c } from '@node-rs/crc32';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planHashNumber, planHashText } from './shuffle-block.ts';
import {
  blocksOf,
  type Envelope,
  joined,
  type Partials,
  partialsOf,
  readBlock,
  type Section,
  sectionsOf,
  WORLD,
  writeSections,
} from './shuffle-block.cases.ts';

const FIXTURE = new URL('fixtures/shuffle-block-v2.bin', import.meta.url);

/** The layout of the sections goes with them. */
const written = sectionsOf();

describe('shuffle blocks', () => {
  test('sections come back in order and whole, however small the blocks are cut', () => {
    fc.assert(
      fc.property(written, fc.integer({ min: 200, max: 5000 }), ({ layout, sections }, maxBytes) => {
        const expected = sections.map(({ section }) => section);
        const read = (block: Buffer) => readBlock(block, layout);
        expect(joined(blocksOf(writeSections(sections)).flatMap(read))).toEqual(expected);
        const small = blocksOf(writeSections(sections, maxBytes));
        expect(joined(small.flatMap(read))).toEqual(expected);
        for (const block of small) {
          const [first, ...more] = read(block);
          const isSingle = more.length === 0 && (first!.kind !== 'partials' || first!.rows.length === 1);
          expect(block.length <= maxBytes || isSingle).toBe(true);
        }
      }),
    );
  });

  test('any flipped bit and any cut is refused', () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.nat({ max: 7 }), ({ layout, sections }, position, bit) => {
        const block = blocksOf(writeSections(sections))[0]!;
        const at = position % block.length;
        expect(() => readBlock(block.subarray(0, at), layout)).toThrow(/Cannot read the shuffle record/);
        block[at] = block[at]! ^ (1 << bit);
        expect(() => readBlock(block, layout)).toThrow(/Cannot read the shuffle record/);
      }),
      { numRuns: 50 },
    );
  });

  test('a writer that is reset starts over', () => {
    const writer = writeSections([
      { section: { kind: 'control', watermarkMs: 1, idle: false, quiet: false, partitionCount: 2 } },
    ]);
    expect([writer.starts, writer.isEmpty]).toEqual([[0], false]);
    writer.reset();
    writer.finish();
    expect([writer.starts, writer.ends, writer.isEmpty, writer.sizeBytes]).toEqual([[], [], true, 0]);
  });

  test('of a record whose original nobody wants only what the job takes travels', () => {
    const section = envelope({ key: 'kept', scalars: ['s', null] });
    const block = blocksOf(writeSections([{ section, keepsOriginal: false }]))[0]!;
    expect(readBlock(block, WORLD)).toEqual([{ ...section, recordKey: null, value: null, headers: null }]);
    expect(block.includes('value')).toBe(false);
  });

  test('the bytes of version 2 are what they were', () => {
    const partials = partialsOf(WORLD, [
      { key: 'u1', hash: -7, columns: [2.5, 1], cells: ['seen'], offsets: [100, 104] },
      { key: '', hash: 9, columns: [Number.NaN, 300], cells: [null], offsets: [101] },
      { key: 'u1', hash: -7, columns: [4, 0], cells: [''], offsets: [102] },
    ]);
    const known = [
      partials,
      { section: { kind: 'control', watermarkMs: 59_999, idle: true, quiet: false, partitionCount: 12 } as const },
      { section: envelope({ key: 'u1', scalars: [null, 'text'] }) },
    ];
    const bytes = blocksOf(writeSections(known))[0]!;
    if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(FIXTURE, bytes);
    const fixture = readFileSync(FIXTURE);
    expect(bytes.toString('hex')).toBe(fixture.toString('hex'));
    expect(readBlock(fixture, WORLD)).toEqual(known.map(({ section }) => section));
  });

  // Positions in a block whose only section are partials: header 9, section header 5, three doubles.
  test.for([
    ['more rows than the bytes hold', (b: Buffer) => b.writeUInt32LE(2 ** 32 - 1, 38), /it claims 4294967295 rows/],
    ['more key bytes than there are', (b: Buffer) => b.writeUInt32LE(2 ** 31, 42), /2147483648 bytes of keys/],
    ['fewer key bytes than the keys', (b: Buffer) => b.writeUInt32LE(1, 42), /its keys have 2 bytes, there are 1/],
    ['more columns', (b: Buffer) => b.writeUInt16LE(3, 46), /rows have 3 columns and 1 cells, .* another plan/],
    ['a column that is left out', (b: Buffer) => b.writeUInt8(0, 50), /a column is missing/],
    ['numbers of a width that is none', (b: Buffer) => b.writeUInt8(3, 51), /no numbers are 3 bytes wide/],
    ['a longer section', (b: Buffer) => b.writeUInt32LE(2000, 10), /2000 bytes expected/],
    ['a shorter section', (b: Buffer) => b.writeUInt32LE(60, 10), /cut off/],
    ['a section of no kind', (b: Buffer) => b.writeUInt8(9, 9), /section kind 9 is unknown/],
    ['another version', (b: Buffer) => b.writeUInt8(1, 0), /format is version 1, this build reads 2/],
  ] as const)('%s: refused, although the checksum is right', ([, change, message]) => {
    const row = { key: 'u1', hash: 1, columns: [2.5, 0], cells: ['x'], offsets: [1] };
    const block = blocksOf(writeSections([partialsOf(WORLD, [row])]))[0]!;
    change(block);
    block.writeUInt32LE(crc32c(block.subarray(0, -4)), block.length - 4);
    expect(() => readBlock(block, WORLD)).toThrow(message);
  });

  test('a row that spans more offsets than can be told is refused with what to do', () => {
    const row = { key: 'u1', hash: 1, columns: [1, 0], cells: [null], offsets: [0, 2 ** 32] };
    expect(() => writeSections([partialsOf(WORLD, [row])])).toThrow(/spans more than 4294967295 offsets: commit more/);
  });

  test('rows far apart in offsets go into sections of their own', () => {
    const rows = [0, 2 ** 33, 2 ** 33 + 1].map((offset, i) => ({
      key: `k${i}`,
      hash: i,
      columns: [i + 0.5, 0],
      cells: [null],
      offsets: [offset],
    }));
    const read = blocksOf(writeSections([partialsOf(WORLD, rows)])).flatMap((block) => readBlock(block, WORLD));
    expect(read.map((section) => (section as Partials).rows.length)).toEqual([1, 2]);
  });

  test('a plan hash is 8 hex digits', () => {
    expect(planHashText(planHashNumber('00ff00aa'))).toBe('00ff00aa');
    expect(() => planHashNumber('xyz')).toThrow('A plan hash has 8 hex digits, not "xyz".');
  });
});

function envelope({ key, scalars }: Pick<Envelope, 'key' | 'scalars'>): Section & Envelope {
  return {
    kind: 'envelope',
    offset: 105,
    eventTimeMs: 5,
    timestampMs: 6,
    key,
    hash: -7,
    inputs: scalars.map((scalar) => (scalar === null ? Number.NaN : 1)),
    scalars,
    recordKey: null,
    value: '{"value":1}',
    headers: { count: 2, bytes: 'headers' },
  };
}
