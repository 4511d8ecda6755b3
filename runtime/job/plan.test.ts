import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordCursor, RecordsBuilder } from '../log/batch/index.ts';
import {
  KeyTable,
  RowPartitioner,
  SECTION_END,
  SECTION_PARTIALS,
  ShuffleBlockReader,
  ShuffleBlockWriter,
} from '../state/index.ts';
import { createPaneLayout, createWindows, PartitionWatermark, type WindowRows } from '../window/index.ts';
import type { JobPlan } from './plan.ts';
import { cursorOver, planOf, type Sent, type SpecParts } from './plan-world.cases.ts';
import { OK } from './record-reader.ts';
import { resultTimestampMs } from './result-row.ts';

interface Click {
  readonly k: string | number | boolean;
  readonly u: { readonly id: string };
  readonly ts: number;
  readonly v: number | null;
}

type Row = Readonly<Record<string, unknown>>;

const SPEC: SpecParts = {
  keyBy: ['k', 'u.id'],
  aggregates: {
    n: { count: {} },
    nv: { count: { field: 'v' } },
    s: { sum: { field: 'v' } },
    lo: { min: { field: 'v' } },
    hi: { max: { field: 'v' } },
    mean: { avg: { field: 'v' } },
  },
};

/** The rows by plain objects. */
function oracle(clicks: readonly Click[]): Row[] {
  const groups = new Map<string, { start: number; clicks: Click[] }>();
  let watermark = Number.NEGATIVE_INFINITY;
  for (const click of clicks) {
    const start = Math.floor(click.ts / 10) * 10;
    if (start + 9 > watermark) {
      const key = JSON.stringify([start, click.k, click.u.id]);
      const group = groups.get(key) ?? { start, clicks: [] };
      groups.set(key, group);
      group.clicks.push(click);
    }
    watermark = Math.max(watermark, click.ts - 1);
  }
  return [...groups.values()]
    .sort((a, b) => a.start - b.start)
    .map(({ start, clicks: some }) => {
      const values = some.flatMap(({ v }) => (v === null ? [] : [v]));
      const total = values.reduce((sum, v) => sum + v, 0);
      const none = values.length === 0;
      const [first] = some;
      return {
        k: first!.k,
        'u.id': first!.u.id,
        windowStart: start,
        windowEnd: start + 10,
        hi: none ? null : Math.max(...values),
        lo: none ? null : Math.min(...values),
        mean: none ? null : total / values.length,
        n: some.length,
        nv: values.length,
        s: none ? null : total,
      };
    });
}

function newWindows(plan: JobPlan) {
  const aggregates = plan.newAggregates();
  const windows = createWindows({ ...plan.job, aggregates, layout: plan.windowLayout });
  if (windows.kind !== 'panes') throw new Error('the jobs of these tests have no sessions');
  return { aggregates, windows };
}

/** Collects the rows of closed windows through a real batch. */
function collector(plan: JobPlan, aggregates: ReturnType<JobPlan['newAggregates']>) {
  const writer = plan.newRowWriter(aggregates);
  const builder = new RecordsBuilder();
  return {
    emit: (rows: WindowRows): void => {
      writer.begin(rows);
      for (let i = 0; i < rows.count; i++)
        writer.write(rows.rows?.[i] ?? i, builder, resultTimestampMs(rows.endMs, 1e9, 25));
    },
    records: (): { key: string; row: Row; timestampMs: number }[] => {
      const cursor = new RecordCursor();
      cursor.reset(builder.asBatch());
      const records: { key: string; row: Row; timestampMs: number }[] = [];
      while (cursor.next()) {
        records.push({
          key: cursor.buffer.toString('utf8', cursor.keyStart, cursor.keyEnd),
          row: JSON.parse(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)) as Row,
          timestampMs: cursor.timestampMs,
        });
      }
      return records;
    },
  };
}

const click: fc.Arbitrary<Click> = fc.record({
  k: fc.oneof(fc.constantFrom('a', 'b"\n', 'é😀', '1', 1, true), fc.integer({ min: 0, max: 3 })),
  u: fc.record({ id: fc.constantFrom('x', 'y') }),
  ts: fc.integer({ min: -50, max: 80 }),
  v: fc.oneof(fc.constant(null), fc.integer({ min: -1000, max: 1000 })),
});

const toRecords = (clicks: readonly Click[]): Sent[] => clicks.map((one) => ({ value: JSON.stringify(one) }));

describe('a whole job', () => {
  test('the rows of a direct task are those of the records, in order of window and arrival', () => {
    const plan = planOf(SPEC);
    fc.assert(
      fc.property(fc.array(click, { maxLength: 60 }), (clicks) => {
        const { aggregates, windows } = newWindows(plan);
        const { emit, records } = collector(plan, aggregates);
        const reader = plan.newReader(0);
        const watermark = new PartitionWatermark(0);
        const cursor = cursorOver(toRecords(clicks));
        while (cursor.next()) {
          expect(reader.read(cursor)).toBe(OK);
          windows.add(reader);
          watermark.observe(reader.eventTimeMs);
          windows.advance(watermark.watermarkMs, emit);
        }
        windows.advance(Number.POSITIVE_INFINITY, emit);
        const expected = oracle(clicks);
        expect(records().map(({ row }) => row)).toEqual(expected);
        expect(records().map(({ key }) => key)).toEqual(expected.map((row) => JSON.stringify([row['k'], row['u.id']])));
        expect(records().map(({ timestampMs }) => timestampMs)).toEqual(
          expected.map((row) => Math.max(0, Math.min(Number(row['windowEnd']) - 1, 25))),
        );
      }),
    );
  });

  test('pre-aggregated, shuffled and merged they are the same', () => {
    const plan = planOf(SPEC);
    const partitions = 3;
    fc.assert(
      fc.property(fc.array(click, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (clicks, interval) => {
        // Sorted by time, so that nothing is late and every path sees the same records.
        const sorted = clicks.toSorted((a, b) => a.ts - b.ts);
        const tasks = Array.from({ length: partitions }, () => newWindows(plan));
        const outputs = tasks.map(({ aggregates }) => collector(plan, aggregates));
        const writers = tasks.map(
          () => new ShuffleBlockWriter({ planHash: plan.planHash, sourcePartition: 0, maxBytes: 700 }),
        );
        const blocks = new ShuffleBlockReader({ layout: plan.partialLayout, inputCount: plan.inputCount });
        const reader = plan.newReader(0);
        const aggregates = plan.newAggregates();
        const partitioner = new RowPartitioner(partitions);
        const cursor = cursorOver(toRecords(sorted));
        const panesOf = createPaneLayout({ kind: 'tumbling', sizeMs: 10, offsetMs: 0 });
        let panes = new Map<number, KeyTable>();
        const flush = (): void => {
          for (const [paneStartMs, table] of panes) {
            partitioner.split(table);
            for (const [partition, writer] of writers.entries()) {
              const from = partitioner.starts[partition]!;
              const to = partitioner.starts[partition + 1]!;
              writer.appendPartials({
                paneStartMs,
                maxEventTimeMs: paneStartMs,
                table,
                rows: partitioner.rows,
                from,
                to,
              });
            }
          }
          for (const [partition, writer] of writers.entries()) {
            writer.finish();
            for (const [index, start] of writer.starts.entries()) {
              blocks.open(writer.buffer, start, writer.ends[index]!);
              for (let kind = blocks.next(); kind !== SECTION_END; kind = blocks.next()) {
                expect(kind).toBe(SECTION_PARTIALS);
                tasks[partition]!.windows.mergePartials(blocks.partials, () => expect.unreachable('nothing is late'));
              }
            }
            writer.reset();
          }
          panes = new Map();
        };
        for (let count = 1; cursor.next(); count++) {
          expect(reader.read(cursor)).toBe(OK);
          const start = panesOf.paneStart(reader.eventTimeMs);
          const table = panes.get(start) ?? new KeyTable(plan.partialLayout);
          panes.set(start, table);
          const row = table.upsert(reader.keyBytes, reader.keyStart, reader.keyEnd, reader.keyHash);
          aggregates.add(table, row, reader);
          table.note(row, cursor.offset);
          if (count % interval === 0) flush();
        }
        flush();
        for (const [partition, { windows }] of tasks.entries())
          windows.advance(Number.POSITIVE_INFINITY, outputs[partition]!.emit);
        const text = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
        expect(text(outputs.flatMap((output) => output.records().map(({ row }) => row)))).toEqual(text(oracle(sorted)));
      }),
      { numRuns: 60 },
    );
  });

  test('the key of a single field is its text', () => {
    const plan = planOf({ keyBy: ['$key'], eventTime: null });
    const { aggregates, windows } = newWindows(plan);
    const { emit, records } = collector(plan, aggregates);
    const reader = plan.newReader(0);
    const cursor = cursorOver([
      { key: 'u"1', value: '{"v":9007199254740991}', timestampMs: 3 },
      { key: 'u"1', value: '{"v":1}', timestampMs: 4 },
    ]);
    while (cursor.next()) {
      reader.read(cursor);
      windows.add(reader);
    }
    windows.advance(9, emit);
    expect(records()).toEqual([
      { key: 'u"1', row: { $key: 'u"1', windowStart: 0, windowEnd: 10, n: 2, s: null }, timestampMs: 9 },
    ]);
    expect(aggregates.overflows).toBe(1);
  });
});
