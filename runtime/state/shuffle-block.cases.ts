// Random sections of shuffle blocks for the tests: as values that can be compared, and the way through writer and reader.
import * as fc from 'fast-check';
import type { TableLayout } from './columns.ts';
import type { KeyTable } from './key-table.ts';
import { KeyTable as Table } from './key-table.ts';
import { planHashText, SECTION_CONTROL, SECTION_END, SECTION_ENVELOPE, SECTION_PARTIALS } from './shuffle-block.ts';
import { ShuffleBlockReader } from './shuffle-block-reader.ts';
import { type ControlInput, ShuffleBlockWriter } from './shuffle-block-writer.ts';
import { layouts, NOTE, type Note, tablesOf } from './tables.cases.ts';

const INPUTS = 2;

/** A layout with one of everything. */
export const WORLD: TableLayout = {
  columns: [
    { name: 'sum', zero: Number.NaN, lazy: false },
    { name: 'high', zero: 0, lazy: true },
  ],
  cells: [{ name: 'note', type: NOTE }],
  provenance: true,
  epochs: false,
};

export interface Row {
  readonly key: string;
  readonly hash: number;
  readonly columns: readonly (number | 'absent')[];
  readonly cells: readonly (string | null)[];
  /** First and last, or the only one. */
  readonly offsets: readonly number[];
}

export interface Partials {
  readonly kind: 'partials';
  readonly paneStartMs: number;
  readonly maxEventTimeMs: number;
  readonly rows: readonly Row[];
}

export interface Envelope {
  readonly kind: 'envelope';
  readonly offset: number;
  readonly eventTimeMs: number;
  readonly timestampMs: number;
  readonly key: string;
  readonly hash: number;
  readonly inputs: readonly number[];
  readonly scalars: readonly (string | null)[];
  readonly recordKey: string | null;
  readonly value: string | null;
  readonly headers: { readonly count: number; readonly bytes: string } | null;
}

export type Section = Partials | ({ readonly kind: 'control' } & ControlInput) | Envelope;

/** A section and what it takes to write it. */
export interface Written {
  readonly section: Section;
  readonly table?: KeyTable;
  readonly keepsOriginal?: boolean;
}

export function writeSections(sections: readonly Written[], maxBytes?: number): ShuffleBlockWriter {
  const writer = new ShuffleBlockWriter({
    planHash: '0badcafe',
    sourcePartition: 3,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  for (const { section, table, keepsOriginal } of sections) {
    if (section.kind === 'control') writer.appendControl(section);
    else if (section.kind === 'envelope') appendEnvelope(writer, section, keepsOriginal ?? true);
    else {
      const { paneStartMs, maxEventTimeMs, rows: expected } = section;
      // Rows lie behind others, as those of one partition among those of all.
      const rows = Int32Array.from([-1, ...expected.keys()]);
      writer.appendPartials({ paneStartMs, maxEventTimeMs, table: table!, rows, from: 1, to: rows.length });
    }
  }
  writer.finish();
  return writer;
}

function appendEnvelope(writer: ShuffleBlockWriter, envelope: Envelope, keepsOriginal: boolean): void {
  const { offset, eventTimeMs, timestampMs, recordKey, value, headers, scalars } = envelope;
  const keyBytes = Buffer.from(envelope.key);
  const scalarBytes = Buffer.from(`..${scalars.join('')}`);
  const ends = scalars.map((_, i) => 2 + Buffer.byteLength(scalars.slice(0, i + 1).join('')));
  const parts = [
    Buffer.from('~'),
    ...[recordKey, value, headers?.bytes ?? null].map((text) => Buffer.from(text ?? '')),
  ];
  const at = (part: number) => parts.slice(0, part).reduce((sum, { length }) => sum + length, 0);
  writer.appendEnvelope(
    {
      eventTimeMs,
      keyBytes,
      keyStart: 0,
      keyEnd: keyBytes.length,
      keyHash: envelope.hash,
      inputs: Float64Array.from(envelope.inputs),
      scalarBytes,
      scalarStarts: Int32Array.from([2, ...ends.slice(0, -1)]),
      // What is not there has positions of some other record.
      scalarEnds: Int32Array.from(ends, (end, i) => (scalars[i] === null ? 999 : end)),
    },
    {
      offset,
      timestampMs,
      buffer: Buffer.concat(parts),
      keyStart: recordKey === null ? -1 : at(1),
      keyEnd: recordKey === null ? -1 : at(2),
      valueStart: value === null ? -1 : at(2),
      valueEnd: value === null ? -1 : at(3),
      headersStart: at(3),
      headersEnd: at(4),
      headerCount: headers?.count ?? 0,
    },
    keepsOriginal,
  );
}

/** Reads one block; every block is put at an odd address, as in a fetch. */
export function readBlock(block: Buffer, layout: TableLayout): Section[] {
  const reader = new ShuffleBlockReader({ layout, inputCount: INPUTS });
  const moved = Buffer.concat([Buffer.from('.'), block, Buffer.from('.')]);
  reader.open(moved, 1, moved.length - 1);
  if (planHashText(reader.planHash) !== '0badcafe' || reader.sourcePartition !== 3) throw new Error('another block');
  const sections: Section[] = [];
  for (let kind = reader.next(); kind !== SECTION_END; kind = reader.next()) {
    if (kind === SECTION_CONTROL) {
      const { watermarkMs, idle, quiet, partitionCount } = reader.control;
      sections.push({ kind: 'control', watermarkMs, idle, quiet, partitionCount });
    } else if (kind === SECTION_ENVELOPE) sections.push(envelopeIn(reader));
    else if (kind === SECTION_PARTIALS) sections.push(partialsIn(reader));
  }
  return sections;
}

function envelopeIn({ envelope }: ShuffleBlockReader): Envelope {
  const { eventTimeMs, keyBytes, keyStart, keyEnd, keyHash, inputs, original } = envelope;
  const text = (start: number, end: number) => (start < 0 ? null : original.buffer.toString('utf8', start, end));
  return {
    kind: 'envelope',
    offset: original.offset,
    eventTimeMs,
    timestampMs: original.timestampMs,
    key: keyBytes.toString('utf8', keyStart, keyEnd),
    hash: keyHash,
    inputs: [...inputs],
    scalars: [...inputs].map((input, i) =>
      Number.isNaN(input)
        ? null
        : envelope.scalarBytes.toString('utf8', envelope.scalarStarts[i], envelope.scalarEnds[i]),
    ),
    recordKey: text(original.keyStart, original.keyEnd),
    value: text(original.valueStart, original.valueEnd),
    headers:
      original.headerCount === 0
        ? null
        : { count: original.headerCount, bytes: text(original.headersStart, original.headersEnd)! },
  };
}

function partialsIn({ partials }: ShuffleBlockReader): Partials {
  const { paneStartMs, maxEventTimeMs, rowCount, buffer, keysStart, keyOffsets, baseOffset } = partials;
  return {
    kind: 'partials',
    paneStartMs,
    maxEventTimeMs,
    rows: Array.from({ length: rowCount }, (_, i) => ({
      key: buffer.toString('latin1', keysStart + keyOffsets[i]!, keysStart + keyOffsets[i + 1]!),
      hash: partials.hashes[i]!,
      columns: partials.columns.map((column) => (column.length === 0 ? 'absent' : column[i]!)),
      cells: partials.cells.map((cells) => (cells[i] as Note | null)?.text ?? null),
      offsets: offsetsOf(
        partials.recordCounts[i]!,
        baseOffset + partials.firstOffsetDeltas[i]!,
        baseOffset + partials.lastOffsetDeltas[i]!,
      ),
    })),
  };
}

export const blocksOf = (writer: ShuffleBlockWriter): Buffer[] =>
  writer.starts.map((start, index) => Buffer.from(writer.buffer.subarray(start, writer.ends[index])));

/** Sections of the same pane that were only split are one again. */
export function joined(sections: readonly Section[]): Section[] {
  const out: Section[] = [];
  for (const section of sections) {
    const last = out.at(-1);
    if (section.kind === 'partials' && last?.kind === 'partials' && last.paneStartMs === section.paneStartMs) {
      out[out.length - 1] = { ...last, rows: [...last.rows, ...section.rows] };
    } else out.push(section);
  }
  return out;
}

/** A section of exactly these rows; several may have one key. */
export function partialsOf(layout: TableLayout, rows: readonly Row[]): Written {
  const table = new Table(layout);
  for (const { key, hash, columns, cells, offsets } of rows) {
    const bytes = Buffer.from(key);
    const row = table.append(bytes, 0, bytes.length, hash);
    for (const [i, value] of columns.entries()) if (value !== 'absent') table.materialize(i)[row] = value;
    for (const [i, text] of cells.entries()) table.cells[i]![row] = text === null ? null : { text };
    for (const offset of offsets) table.note(row, offset);
  }
  return { section: { kind: 'partials', paneStartMs: -60_000, maxEventTimeMs: -1, rows }, table };
}

function offsetsOf(count: number, first: number, last: number): number[] {
  return count === 1 ? [first] : [first, last];
}

function rowsOf(table: KeyTable): Row[] {
  return Array.from({ length: table.rowCount }, (_, row) => ({
    key: table.keyBytes.toString('latin1', table.keyOffsets[row], table.keyOffsets[row + 1]),
    hash: table.hashes[row]!,
    columns: table.columns.map((column) => (column.length === 0 ? 'absent' : column[row]!)),
    cells: table.cells.map((cells) => (cells[row] as Note | null)?.text ?? null),
    offsets: offsetsOf(table.recordCounts[row]!, table.firstOffsets[row]!, table.lastOffsets[row]!),
  }));
}

let pane = 0;
const partialsWith = (layout: TableLayout): fc.Arbitrary<Written> =>
  fc.record({ table: tablesOf(layout, 1), maxEventTimeMs: fc.integer() }).map(({ table, maxEventTimeMs }) => ({
    section: { kind: 'partials' as const, paneStartMs: 1000 * pane++, maxEventTimeMs, rows: rowsOf(table) },
    table,
  }));
const controls: fc.Arbitrary<Written> = fc
  .record({
    kind: fc.constant('control' as const),
    watermarkMs: fc.oneof(fc.integer(), fc.constant(Number.NEGATIVE_INFINITY)),
    idle: fc.boolean(),
    quiet: fc.boolean(),
    partitionCount: fc.integer({ min: 1, max: 5000 }),
  })
  .map((section) => ({ section }));
const envelopes: fc.Arbitrary<Written> = fc
  .record({
    kind: fc.constant('envelope' as const),
    offset: fc.maxSafeNat(),
    eventTimeMs: fc.integer(),
    timestampMs: fc.integer(),
    key: fc.string(),
    hash: fc.integer(),
    scalars: fc.array(fc.option(fc.string()), { minLength: INPUTS, maxLength: INPUTS }),
    recordKey: fc.option(fc.string(), { nil: null }),
    value: fc.option(fc.string({ maxLength: 600 }), { nil: null }),
    headers: fc.option(fc.record({ count: fc.integer({ min: 1, max: 9 }), bytes: fc.string() }), { nil: null }),
  })
  .map((envelope) => ({
    section: { ...envelope, inputs: envelope.scalars.map((scalar) => (scalar === null ? Number.NaN : 0.5)) },
  }));

/** Of any layout with provenance. */
export const sectionsOf = (): fc.Arbitrary<{ layout: TableLayout; sections: Written[] }> =>
  layouts.chain((any) => {
    const layout = { ...any, provenance: true };
    const section = fc.oneof(partialsWith(layout), controls, envelopes);
    return fc.record({
      layout: fc.constant(layout),
      sections: fc.array(section, { minLength: 1, maxLength: 8 }),
    });
  });
