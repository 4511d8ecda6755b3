import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ResolvedJob, validateStreamJob } from '../../crds/index.ts';
import { RecordCursor, RecordsBuilder } from '../log/batch/index.ts';
import {
  KeyTable,
  KeyTablePool,
  RowPartitioner,
  SECTION_END,
  SECTION_PARTIALS,
  ShuffleBlockReader,
  ShuffleBlockWriter,
} from '../state/index.ts';
import { type Pane, PartitionWatermark, windowStart, WindowState } from '../window/index.ts';
import { badRecordMessage } from './bad-record.ts';
import { compileJob, type JobPlan } from './plan.ts';
import { BAD, FILTERED, NULL_VALUE, OK } from './record-reader.ts';
import { resultTimestampMs } from './result-row.ts';

const NAMES = new Map([
  [OK, 'ok'],
  [FILTERED, 'filtered'],
  [NULL_VALUE, 'null'],
  [BAD, 'bad'],
]);

interface SpecParts {
  readonly keyBy?: readonly string[];
  readonly where?: string;
  readonly eventTime?: object | null;
  readonly aggregates?: object;
}

function planOf({
  keyBy = ['k'],
  where,
  eventTime = { field: 'ts', unit: 'ms' },
  aggregates = { n: { count: {} }, s: { sum: { field: 'v' } } },
}: SpecParts): JobPlan {
  const validation = validateStreamJob({
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'job' },
    spec: {
      source: {
        kafka: { bootstrapServers: 'k:9092', topic: 'in' },
        format: { json: {} },
        ...(eventTime === null ? {} : { eventTime }),
      },
      ...(where === undefined ? {} : { where }),
      keyBy,
      window: { tumbling: { size: '10ms' } },
      aggregates,
      sinks: [{ print: {} }],
      checkpoint: { storage: { local: { path: '/tmp' } } },
    },
  });
  if (!validation.ok) throw new Error(validation.problems.map((problem) => problem.message).join('; '));
  return compileJob(validation.resolved satisfies ResolvedJob);
}

interface Sent {
  readonly key?: string | null;
  readonly value: string | null;
  readonly timestampMs?: number;
}

function cursorOver(records: readonly Sent[]): RecordCursor {
  const builder = new RecordsBuilder();
  for (const { key = null, value, timestampMs = 0 } of records) {
    builder.append({
      timestampMs,
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    });
  }
  const cursor = new RecordCursor();
  cursor.reset(builder.asBatch());
  return cursor;
}

function readOne(spec: SpecParts, sent: Sent): string {
  const reader = planOf(spec).newReader();
  const cursor = cursorOver([sent]);
  cursor.next();
  const outcome = reader.read(cursor);
  return outcome === BAD ? `${reader.badReason}: ${badRecordMessage(reader.describeBad(cursor))}` : NAMES.get(outcome)!;
}

describe('reading records', () => {
  const where = 'v > 0';
  test.each<[string, SpecParts, Sent, string]>([
    ['a good one', {}, { value: '{"k":"a","ts":1,"v":2}' }, 'ok'],
    ['a null value', {}, { value: null }, 'null'],
    ['an empty value', {}, { value: '' }, 'malformed: the value must be one valid JSON document, got '],
    ['broken JSON', {}, { value: '{broken' }, 'malformed: the value must be one valid JSON document, got {broken'],
    ['a list', {}, { value: '[1]' }, 'notAnObject: the value must be a JSON object, got [1]'],
    [
      'no time',
      {},
      { value: '{"k":"a"}' },
      'eventTimeMissing: ts: the event time must not be null or absent, got nothing',
    ],
    [
      'a null time',
      {},
      { value: '{"k":"a","ts":null}' },
      'eventTimeMissing: ts: the event time must not be null or absent, got null',
    ],
    [
      'an odd time',
      {},
      { value: '{"k":"a","ts":"soon"}' },
      'eventTimeType: ts: the event time must be a number or the text of one, got soon',
    ],
    [
      'a wild time',
      {},
      { value: '{"k":"a","ts":1e300}' },
      'eventTimeRange: ts: the event time must be within ±8.64e15 milliseconds of 1970, got 1e300',
    ],
    ['no key', {}, { value: '{"ts":1}' }, 'keyMissing: k: a key must not be null or absent, got nothing'],
    [
      'an object as key',
      {},
      { value: '{"ts":1,"k":{}}' },
      'keyType: k: a key must be text, a number, true or false, got an object',
    ],
    [
      'text as input',
      {},
      { value: '{"k":"a","ts":1,"v":"2"}' },
      'inputType: v: an aggregate input must be of a type that the aggregate takes, got 2',
    ],
    [
      'an inexact input',
      {},
      { value: '{"k":"a","ts":1,"v":9007199254740993}' },
      'inputRange: v: an aggregate input must be a number within ±(2^53 − 1), got 9007199254740993',
    ],
    ['an inexact number nobody reads', {}, { value: '{"k":"a","ts":1,"id":9007199254740993}' }, 'ok'],
    ['a null input', {}, { value: '{"k":"a","ts":1,"v":null}' }, 'ok'],
    ['one the filter leaves out', { where }, { value: '{"k":"a","ts":1,"v":0}' }, 'filtered'],
    [
      'one left out is judged on its time',
      { where },
      { value: '{"k":"a","ts":true,"v":0}' },
      'eventTimeType: ts: the event time must be a number or the text of one, got true or false',
    ],
    [
      'one left out is not judged on its key or input',
      { where: 'x == 1' },
      { value: '{"ts":1,"v":"bad","x":2}' },
      'filtered',
    ],
    ['one the filter cannot judge', { where }, { value: '{"k":"a","ts":1}' }, 'filtered'],
    [
      'a count of a list',
      { aggregates: { n: { count: { field: 'v' } } } },
      { value: '{"k":"a","ts":1,"v":[]}' },
      'inputType: v: an aggregate input must be of a type that the aggregate takes, got a list',
    ],
    ['a count of text', { aggregates: { n: { count: { field: 'v' } } } }, { value: '{"k":"a","ts":1,"v":"x"}' }, 'ok'],
    [
      'a null record key',
      { keyBy: ['$key'] },
      { value: '{"ts":1}' },
      'keyMissing: $key: a key must not be null or absent, got nothing',
    ],
    ['an empty record key', { keyBy: ['$key'] }, { key: '', value: '{"ts":1}' }, 'ok'],
    [
      'no record timestamp',
      { eventTime: null },
      { value: '{"k":"a"}', timestampMs: -1 },
      'eventTimeMissing: the event time must not be null or absent, got nothing',
    ],
    ['a record timestamp', { eventTime: null }, { value: '{"k":"a"}', timestampMs: 0 }, 'ok'],
  ])('%s', (_, spec, sent, expected) => expect(readOne(spec, sent)).toBe(expected));

  test('a filter that cannot be evaluated is counted', () => {
    const reader = planOf({ where }).newReader();
    const cursor = cursorOver([
      { value: '{"k":"a","ts":1}' },
      { value: '{"k":"a","ts":1,"v":0}' },
      { value: '{"k":"a","ts":1,"v":5}' },
    ]);
    const outcomes: number[] = [];
    while (cursor.next()) outcomes.push(reader.read(cursor));
    expect([outcomes, reader.whereErrors]).toEqual([[FILTERED, FILTERED, OK], 1]);
  });

  test('inputs of one record do not leak into the next', () => {
    const reader = planOf({
      aggregates: { a: { count: {} }, b: { count: { field: 'v' } }, c: { max: { field: 'v' } } },
    }).newReader();
    const cursor = cursorOver([
      { value: '{"k":"a","ts":1,"v":5}' },
      { value: '{"k":"a","ts":1}' },
      { value: '{"k":"a","ts":1,"v":-0}' },
    ]);
    const inputs: number[][] = [];
    while (cursor.next()) {
      reader.read(cursor);
      inputs.push([...reader.inputs]);
    }
    expect(inputs).toEqual([
      [1, 1, 5],
      [1, Number.NaN, Number.NaN],
      [1, 1, 0],
    ]);
  });
});

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
  const pool = new KeyTablePool(plan.windowLayout);
  return { aggregates, windows: new WindowState({ window: plan.window, aggregates, pool }) };
}

/** Collects the rows of closed windows through a real batch. */
function collector(plan: JobPlan, aggregates: ReturnType<JobPlan['newAggregates']>) {
  const writer = plan.newRowWriter(aggregates);
  const builder = new RecordsBuilder();
  return {
    emit: (pane: Pane): void => {
      for (let row = 0; row < pane.table.rowCount; row++)
        writer.write(pane, row, builder, resultTimestampMs(pane.endMs, 1e9, 25));
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
        const reader = plan.newReader();
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
        const blocks = new ShuffleBlockReader({ columnCount: plan.columnCount, inputCount: plan.inputCount });
        const reader = plan.newReader();
        const aggregates = plan.newAggregates();
        const partitioner = new RowPartitioner(partitions);
        const cursor = cursorOver(toRecords(sorted));
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
                expect([kind, tasks[partition]!.windows.mergePartials(blocks.partials)]).toEqual([
                  SECTION_PARTIALS,
                  true,
                ]);
              }
            }
            writer.reset();
          }
          panes = new Map();
        };
        for (let count = 1; cursor.next(); count++) {
          expect(reader.read(cursor)).toBe(OK);
          const start = windowStart(plan.window, reader.eventTimeMs);
          const table = panes.get(start) ?? new KeyTable(plan.partialLayout);
          panes.set(start, table);
          const row = table.upsert(reader.keyBytes, reader.keyStart, reader.keyEnd, reader.keyHash);
          aggregates.add(table, row, reader.inputs);
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
    const reader = plan.newReader();
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
