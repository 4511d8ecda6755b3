// variance and stddev of a sample (divided by n − 1), null for fewer than two inputs. Welford's update and the merge of Chan,
// Golub and LeVeque, with the mean kept in two doubles (its sum rounded, and what rounding lost): then large numbers that lie
// close together keep their digits, and neither the order of the inputs nor where they were cut shows within 1e-9 of the result.
import type { Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import type { NumberAggregate } from './number-aggregate.ts';

const COUNT = 0;
const MEAN = 1;
const MEAN_REST = 2;
/** Sum of the squared distances to the mean. */
const SQUARES = 3;

export function addVariance(table: Columns, at: number, row: number, value: number): void {
  const { columns } = table;
  const counts = columns[at + COUNT]!;
  const squares = columns[at + SQUARES]!;
  const n = counts[row]! + 1;
  const distance = difference(value, 0, columns[at + MEAN]![row]!, columns[at + MEAN_REST]![row]!);
  const step = distance / n;
  counts[row] = n;
  moveMean(table, at, row, step);
  squares[row] = squares[row]! + distance * (distance - step);
}

/** (a + aRest) − (b + bRest), rounded once: the error of a − b is exact (Knuth's two-sum). */
function difference(a: number, aRest: number, b: number, bRest: number): number {
  const rounded = a - b;
  const virtual = rounded - a;
  return rounded + (a - (rounded - virtual) - (b + virtual) + (aRest - bRest));
}

/** Adds `step` to the mean in its two doubles. */
function moveMean(table: Columns, at: number, row: number, step: number): void {
  const means = table.columns[at + MEAN]!;
  const rests = table.columns[at + MEAN_REST]!;
  const mean = means[row]!;
  const rounded = mean + step;
  const virtual = rounded - mean;
  const rest = mean - (rounded - virtual) + (step - virtual) + rests[row]!;
  const moved = rounded + rest;
  means[row] = moved;
  rests[row] = rest - (moved - rounded);
}

function merge(into: Columns, at: number, { from, fromRows, rows, count }: MergeBatch): void {
  const counts = into.columns[at + COUNT]!;
  const means = into.columns[at + MEAN]!;
  const rests = into.columns[at + MEAN_REST]!;
  const squares = into.columns[at + SQUARES]!;
  const others = from.columns;
  for (let i = 0; i < count; i++) {
    const source = fromRows === null ? i : fromRows[i]!;
    const row = rows[i]!;
    const more = others[at + COUNT]![source]!;
    if (more === 0) continue;
    const seen = counts[row]!;
    const mean = others[at + MEAN]![source]!;
    const rest = others[at + MEAN_REST]![source]!;
    counts[row] = seen + more;
    if (seen === 0) {
      means[row] = mean;
      rests[row] = rest;
      squares[row] = others[at + SQUARES]![source]!;
      continue;
    }
    const distance = difference(mean, rest, means[row]!, rests[row]!);
    const share = more / (seen + more);
    moveMean(into, at, row, distance * share);
    squares[row] = squares[row]! + others[at + SQUARES]![source]! + distance * distance * (seen * share);
  }
}

function resultOf(table: ReadonlyColumns, at: number, row: number): number {
  const n = table.columns[at + COUNT]![row]!;
  return n < 2 ? Number.NaN : table.columns[at + SQUARES]![row]! / (n - 1);
}

export const variance: NumberAggregate = {
  columns: [
    { name: 'count', zero: 0, lazy: false },
    { name: 'mean', zero: 0, lazy: false },
    { name: 'meanRest', zero: 0, lazy: false },
    { name: 'squares', zero: 0, lazy: false },
  ],
  merge,
  result: resultOf,
};

export const stddev: NumberAggregate = {
  ...variance,
  result: (table: ReadonlyColumns, at: number, row: number): number => Math.sqrt(resultOf(table, at, row)),
};
