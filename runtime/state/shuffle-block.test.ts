import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { RowPartitioner, shufflePartition } from './partition-rows.ts';
import {
  planHashNumber,
  planHashText,
  SECTION_CONTROL,
  SECTION_END,
  SECTION_ENVELOPE,
  SECTION_PARTIALS,
} from './shuffle-block.ts';
import { ShuffleBlockReader } from './shuffle-block-reader.ts';
import { type ControlInput, type EnvelopeInput, ShuffleBlockWriter } from './shuffle-block-writer.ts';

const LAYOUT: TableLayout = {
  columns: [
    { name: 'sum', zero: Number.NaN, lazy: false },
    { name: 'high', zero: 0, lazy: true },
  ],
  cells: [],
  provenance: true,
  epochs: false,
};
const FIXTURE = new URL('fixtures/shuffle-block-v1.bin', import.meta.url);
const INPUTS = 2;

type Section =
  | {
      readonly kind: 'partials';
      readonly paneStartMs: number;
      readonly maxEventTimeMs: number;
      readonly rows: readonly Row[];
    }
  | ({ readonly kind: 'control' } & ControlInput)
  | {
      readonly kind: 'envelope';
      readonly offset: number;
      readonly key: string;
      readonly hash: number;
      readonly inputs: readonly number[];
      readonly recordKey: string | null;
      readonly value: string | null;
    };

interface Row {
  readonly key: string;
  readonly hash: number;
  readonly sum: number;
  readonly high: number;
  readonly offsets: readonly number[];
}

function tableOf(rows: readonly Row[]): KeyTable {
  const table = new KeyTable(LAYOUT);
  for (const { key, hash, sum, high, offsets } of rows) {
    const bytes = Buffer.from(key);
    const row = table.upsert(bytes, 0, bytes.length, hash);
    table.columns[0]![row] = sum;
    if (high !== 0) table.materialize(1)[row] = high;
    for (const offset of offsets) table.note(row, offset);
  }
  return table;
}

function envelopeOf(section: Extract<Section, { kind: 'envelope' }>): EnvelopeInput {
  const key = Buffer.from(section.key);
  const recordKey = Buffer.from(section.recordKey ?? '');
  const value = Buffer.from(section.value ?? '');
  return {
    offset: section.offset,
    eventTimeMs: 5,
    timestampMs: 6,
    keyBytes: key,
    keyStart: 0,
    keyEnd: key.length,
    keyHash: section.hash,
    inputs: Float64Array.from(section.inputs),
    buffer: Buffer.concat([recordKey, value]),
    recordKeyStart: section.recordKey === null ? -1 : 0,
    recordKeyEnd: section.recordKey === null ? -1 : recordKey.length,
    valueStart: section.value === null ? -1 : recordKey.length,
    valueEnd: section.value === null ? -1 : recordKey.length + value.length,
  };
}

function write(sections: readonly Section[], maxBytes?: number): ShuffleBlockWriter {
  const writer = new ShuffleBlockWriter({
    planHash: '0badcafe',
    sourcePartition: 3,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  for (const section of sections) {
    if (section.kind === 'control') writer.appendControl(section);
    else if (section.kind === 'envelope') writer.appendEnvelope(envelopeOf(section));
    else {
      const table = tableOf(section.rows);
      const rows = Int32Array.from(section.rows.keys());
      writer.appendPartials({
        paneStartMs: section.paneStartMs,
        maxEventTimeMs: section.maxEventTimeMs,
        table,
        rows,
        from: 0,
        to: rows.length,
      });
    }
  }
  writer.finish();
  return writer;
}

/** Reads one block; every block is put at an odd address, as in a fetch. */
function read(block: Buffer): Section[] {
  const reader = new ShuffleBlockReader({ columnCount: 2, inputCount: INPUTS });
  const moved = Buffer.concat([Buffer.from('.'), block, Buffer.from('.')]);
  reader.open(moved, 1, moved.length - 1);
  expect([planHashText(reader.planHash), reader.sourcePartition]).toEqual(['0badcafe', 3]);
  const sections: Section[] = [];
  for (let kind = reader.next(); kind !== SECTION_END; kind = reader.next()) {
    if (kind === SECTION_CONTROL) {
      const { watermarkMs, idle, quiet, partitionCount } = reader.control;
      sections.push({ kind: 'control', watermarkMs, idle, quiet, partitionCount });
    } else if (kind === SECTION_ENVELOPE) {
      const {
        offset,
        keyBytes,
        keyStart,
        keyEnd,
        keyHash,
        inputs,
        recordKeyStart,
        recordKeyEnd,
        valueStart,
        valueEnd,
      } = reader.envelope;
      const text = (start: number, end: number) => (start < 0 ? null : keyBytes.toString('utf8', start, end));
      sections.push({
        kind: 'envelope',
        offset,
        key: text(keyStart, keyEnd)!,
        hash: keyHash,
        inputs: [...inputs],
        recordKey: text(recordKeyStart, recordKeyEnd),
        value: text(valueStart, valueEnd),
      });
    } else if (kind === SECTION_PARTIALS) {
      const { paneStartMs, maxEventTimeMs, rowCount, buffer, keysStart, keyOffsets, hashes, columns, baseOffset } =
        reader.partials;
      const { recordCounts, firstOffsetDeltas, lastOffsetDeltas } = reader.partials;
      sections.push({
        kind: 'partials',
        paneStartMs,
        maxEventTimeMs,
        rows: Array.from({ length: rowCount }, (_, i) => {
          const first = baseOffset + firstOffsetDeltas[i]!;
          const last = baseOffset + lastOffsetDeltas[i]!;
          return {
            key: buffer.toString('utf8', keysStart + keyOffsets[i]!, keysStart + keyOffsets[i + 1]!),
            hash: hashes[i]!,
            sum: columns[0]![i]!,
            high: columns[1]!.length === 0 ? 0 : columns[1]![i]!,
            offsets: recordCounts[i] === 1 ? [first] : [first, last],
          };
        }),
      });
    }
  }
  return sections;
}

const blocksOf = (writer: ShuffleBlockWriter): Buffer[] =>
  writer.starts.map((start, index) => Buffer.from(writer.buffer.subarray(start, writer.ends[index])));

/** Sections of the same pane that were only split are one again. */
function joined(sections: readonly Section[]): Section[] {
  const out: Section[] = [];
  for (const section of sections) {
    const last = out.at(-1);
    if (section.kind === 'partials' && last?.kind === 'partials' && last.paneStartMs === section.paneStartMs) {
      out[out.length - 1] = { ...last, rows: [...last.rows, ...section.rows] };
    } else out.push(section);
  }
  return out;
}

let pane = 0;
const partials: fc.Arbitrary<Section> = fc
  .record({
    maxEventTimeMs: fc.integer(),
    rows: fc.uniqueArray(
      fc.record({
        key: fc.string(),
        hash: fc.integer(),
        sum: fc.oneof(fc.double(), fc.constant(Number.NaN)),
        high: fc.constantFrom(0, 0, 1),
        two: fc.boolean(),
      }),
      { selector: (row) => row.key, minLength: 1, maxLength: 40 },
    ),
  })
  .map(({ maxEventTimeMs, rows }) => ({
    kind: 'partials' as const,
    paneStartMs: 1000 * pane++,
    maxEventTimeMs,
    rows: rows.map(({ two, ...row }, index) => ({
      ...row,
      offsets: two ? [7_000_000_000 + index, 7_000_000_500 + index] : [7_000_000_000 + index],
    })),
  }));
const control: fc.Arbitrary<Section> = fc.record({
  kind: fc.constant('control' as const),
  watermarkMs: fc.oneof(fc.integer(), fc.constant(Number.NEGATIVE_INFINITY)),
  idle: fc.boolean(),
  quiet: fc.boolean(),
  partitionCount: fc.integer({ min: 1, max: 5000 }),
});
const envelope: fc.Arbitrary<Section> = fc.record({
  kind: fc.constant('envelope' as const),
  offset: fc.maxSafeNat(),
  key: fc.string(),
  hash: fc.integer(),
  inputs: fc.array(fc.double(), { minLength: INPUTS, maxLength: INPUTS }),
  recordKey: fc.option(fc.string(), { nil: null }),
  value: fc.option(fc.string({ maxLength: 600 }), { nil: null }),
});
const sections = fc.array(fc.oneof(partials, control, envelope), { minLength: 1, maxLength: 8 });

describe('shuffle blocks', () => {
  test('sections come back in order and whole, however small the blocks are cut', () => {
    fc.assert(
      fc.property(sections, fc.integer({ min: 200, max: 5000 }), (written, maxBytes) => {
        expect(joined(blocksOf(write(written)).flatMap(read))).toEqual(written);
        const small = blocksOf(write(written, maxBytes));
        expect(joined(small.flatMap(read))).toEqual(written);
        for (const block of small) expect(block.length <= maxBytes || read(block).length === 1).toBe(true);
      }),
    );
  });

  test('any flipped bit and any cut is refused', () => {
    fc.assert(
      fc.property(sections, fc.nat(), fc.nat({ max: 7 }), (written, position, bit) => {
        const block = blocksOf(write(written))[0]!;
        const at = position % block.length;
        expect(() => read(block.subarray(0, at))).toThrow(/Cannot read the shuffle record/);
        block[at] = block[at]! ^ (1 << bit);
        expect(() => read(block)).toThrow(/Cannot read the shuffle record/);
      }),
      { numRuns: 50 },
    );
  });

  test('a writer that is reset starts over', () => {
    const writer = write([{ kind: 'control', watermarkMs: 1, idle: false, quiet: false, partitionCount: 2 }]);
    expect([writer.starts, writer.isEmpty]).toEqual([[0], false]);
    writer.reset();
    writer.finish();
    expect([writer.starts, writer.ends, writer.isEmpty, writer.sizeBytes]).toEqual([[], [], true, 0]);
  });

  test('the bytes of version 1 are what they were', () => {
    const known: Section[] = [
      {
        kind: 'partials',
        paneStartMs: -60_000,
        maxEventTimeMs: -1,
        rows: [
          { key: 'u1', hash: -7, sum: 2.5, high: 1, offsets: [100, 104] },
          { key: '', hash: 9, sum: Number.NaN, high: 0, offsets: [101] },
        ],
      },
      { kind: 'control', watermarkMs: 59_999, idle: true, quiet: false, partitionCount: 12 },
      {
        kind: 'envelope',
        offset: 105,
        key: 'u1',
        hash: -7,
        inputs: [1, Number.NaN],
        recordKey: null,
        value: '{"a":1}',
      },
    ];
    const bytes = blocksOf(write(known))[0]!;
    if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(FIXTURE, bytes);
    const fixture = readFileSync(FIXTURE);
    expect(bytes.toString('hex')).toBe(fixture.toString('hex'));
    expect(read(fixture)).toEqual(known);
  });

  test('a plan hash is 8 hex digits', () => {
    expect(planHashText(planHashNumber('00ff00aa'))).toBe('00ff00aa');
    expect(() => planHashNumber('xyz')).toThrow('A plan hash has 8 hex digits, not "xyz".');
  });
});

test('rows are split by the partition of their hash and keep their order', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer(), { maxLength: 200 }),
      fc.integer({ min: 1, max: 40 }),
      (hashes, partitionCount) => {
        const table = tableOf(hashes.map((hash) => ({ key: `k${hash}`, hash, sum: 0, high: 0, offsets: [1] })));
        const partitioner = new RowPartitioner(partitionCount);
        partitioner.split(table);
        for (let partition = 0; partition < partitionCount; partition++) {
          expect([
            ...partitioner.rows.subarray(partitioner.starts[partition], partitioner.starts[partition + 1]),
          ]).toEqual([...hashes.keys()].filter((row) => shufflePartition(hashes[row]!, partitionCount) === partition));
        }
      },
    ),
    { numRuns: 50 },
  );
});
