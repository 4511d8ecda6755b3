import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AggregateSet } from '../aggregate/index.ts';
import { decodeTable, encodeTable, KeyTable, KeyTablePool } from '../state/index.ts';
import { type KeyedInput, type Pane, type PartialRows, WindowState } from './window-state.ts';

const WINDOW = { sizeMs: 10, offsetMs: 0 };

interface Fired {
  readonly start: number;
  readonly rows: readonly (readonly [key: string, count: number, sum: number])[];
}

function newWindows(): { windows: WindowState; aggregates: AggregateSet; pool: KeyTablePool } {
  const aggregates = new AggregateSet(['count', 'sum']);
  const pool = new KeyTablePool({ columns: aggregates.columns, provenance: false });
  return { windows: new WindowState({ window: WINDOW, aggregates, pool }), aggregates, pool };
}

const input = (key: string, eventTimeMs: number, value: number): KeyedInput => ({
  eventTimeMs,
  keyBytes: Buffer.from(`<${key}>`),
  keyStart: 1,
  keyEnd: 1 + Buffer.byteLength(key),
  keyHash: key.length * 77,
  inputs: Float64Array.of(1, value),
});

function contentOf({ startMs, table }: Pane, aggregates: AggregateSet): Fired {
  return {
    start: startMs,
    rows: Array.from({ length: table.rowCount }, (_, row) => [
      table.keyBytes.toString('utf8', table.keyOffsets[row], table.keyOffsets[row + 1]),
      aggregates.result(table, 0, row),
      aggregates.result(table, 1, row),
    ]),
  };
}

function partialsOf(table: KeyTable, paneStartMs: number): PartialRows {
  return {
    paneStartMs,
    rowCount: table.rowCount,
    buffer: table.keyBytes,
    keysStart: 0,
    keyOffsets: table.keyOffsets,
    hashes: table.hashes,
    columns: table.columns,
  };
}

const records = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'cc', 'dd'),
    time: fc.integer({ min: -40, max: 60 }),
    value: fc.integer({ min: -5, max: 5 }),
  }),
  { maxLength: 60 },
);

describe('WindowState', () => {
  test('each record counts in its own window or is late; windows fire once, in order, rows in order of arrival', () => {
    fc.assert(
      fc.property(records, fc.nat({ max: 15 }), (items, disorder) => {
        const { windows, aggregates } = newWindows();
        const fired: Fired[] = [];
        const model = new Map<number, Map<string, [number, number]>>();
        let watermark = Number.NEGATIVE_INFINITY;
        for (const { key, time, value } of items) {
          const start = Math.floor(time / 10) * 10;
          const late = start + 9 <= watermark;
          expect(windows.add(input(key, time, value))).toBe(!late);
          if (!late) {
            const rows = model.get(start) ?? new Map<string, [number, number]>();
            model.set(start, rows);
            const [count, sum] = rows.get(key) ?? [0, 0];
            rows.set(key, [count + 1, sum + value]);
          }
          watermark = Math.max(watermark, time - disorder - 1);
          windows.advance(watermark, (pane) => {
            fired.push(contentOf(pane, aggregates));
            windows.release(pane);
          });
          expect(windows.nextBoundaryMs).toBe(
            Math.min(Number.POSITIVE_INFINITY, ...windows.openPanes().map((pane) => pane.endMs - 1)),
          );
          expect(windows.openPanes().every((pane) => pane.endMs - 1 > watermark)).toBe(true);
        }
        windows.advance(Number.POSITIVE_INFINITY, (pane) => fired.push(contentOf(pane, aggregates)));
        expect(fired.map((pane) => pane.start)).toEqual(fired.map((pane) => pane.start).toSorted((a, b) => a - b));
        expect(fired).toEqual(
          [...model]
            .sort(([a], [b]) => a - b)
            .map(([start, rows]) => ({ start, rows: [...rows].map(([key, [count, sum]]) => [key, count, sum]) })),
        );
      }),
    );
  });

  test('partials of any split give the windows of the records themselves', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 7 }), (items, size) => {
        const direct = newWindows();
        const merged = newWindows();
        for (const item of items) direct.windows.add(input(item.key, item.time, item.value));
        for (let from = 0; from < items.length; from += size) {
          const part = newWindows();
          for (const item of items.slice(from, from + size)) part.windows.add(input(item.key, item.time, item.value));
          for (const pane of part.windows.openPanes())
            expect(merged.windows.mergePartials(partialsOf(pane.table, pane.startMs))).toBe(true);
        }
        const all = ({ windows, aggregates }: ReturnType<typeof newWindows>) =>
          windows.openPanes().map((pane) => contentOf(pane, aggregates));
        expect(all(merged)).toEqual(all(direct));
      }),
    );
  });

  test('partials of a closed window are refused and change nothing', () => {
    const { windows } = newWindows();
    windows.advance(9, () => undefined);
    const table = new KeyTable({ columns: new AggregateSet(['count', 'sum']).columns, provenance: false });
    table.upsert(Buffer.from('a'), 0, 1, 1);
    expect([windows.mergePartials(partialsOf(table, 0)), windows.openPanes()]).toEqual([false, []]);
    expect(windows.mergePartials(partialsOf(table, 10))).toBe(true);
  });

  test('a restored window goes on where it was and knows that nothing changed since', () => {
    const { windows, aggregates, pool } = newWindows();
    windows.add(input('a', 3, 5));
    const bytes = encodeTable(windows.openPanes()[0]!.table);
    const other = newWindows();
    other.windows.restorePane(0, decodeTable(bytes, pool.layout));
    expect([other.windows.nextBoundaryMs, other.windows.openPanes()[0]!.changed]).toEqual([9, false]);
    other.windows.add(input('a', 4, 1));
    expect(other.windows.openPanes().map((pane) => [contentOf(pane, aggregates), pane.changed])).toEqual([
      [{ start: 0, rows: [['a', 2, 6]] }, true],
    ]);
    expect(() => other.windows.restorePane(0, pool.take())).toThrow(/restored twice/);
    expect(other.windows.sizeBytes).toBeGreaterThan(0);
  });
});
