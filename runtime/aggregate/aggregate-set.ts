// All aggregates of a job over one table: their columns and cells side by side, and one `add` per record that goes through a
// switch instead of as many different objects, because that call is in the hottest loop there is.
import type { CellSpec, ColumnSpec, Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import type { AggregateInputs } from './aggregate-inputs.ts';
import type { AggregateSpec, NumberKind } from './aggregate-spec.ts';
import { approxCountDistinct } from './approx-count-distinct.ts';
import { addAvg, avg } from './avg.ts';
import type { CellFunction, PlacedCells } from './cell-aggregate.ts';
import { collect } from './collect.ts';
import { addCount, count } from './count.ts';
import { countDistinct } from './count-distinct.ts';
import { addMax, addMin, max, min } from './extremes.ts';
import { first, last } from './first-last.ts';
import { type NumberAggregate, OVERFLOW } from './number-aggregate.ts';
import { quantile } from './quantile.ts';
import { addSum, sum } from './sum.ts';
import { topK } from './top-k.ts';
import { addVariance, stddev, variance } from './variance.ts';
import { MAX_NUMBER_BYTES, writeNumber } from './write-number.ts';

const NUMBERS: Readonly<Record<NumberKind, NumberAggregate>> = { count, sum, min, max, avg, variance, stddev };

const COUNT = 0;
const SUM = 1;
const MIN = 2;
const MAX = 3;
const AVG = 4;
const VARIANCE = 5;
const CELLS = 6;

const CODES: Readonly<Record<NumberKind, number>> = {
  count: COUNT,
  sum: SUM,
  min: MIN,
  max: MAX,
  avg: AVG,
  variance: VARIANCE,
  stddev: VARIANCE,
};

/** One per task: it counts, and some aggregates keep scratch memory. */
export class AggregateSet {
  readonly specs: readonly AggregateSpec[];
  /** Columns of a table (`TableLayout.columns`) that these aggregates work on. */
  readonly columns: readonly ColumnSpec[];
  /** Cells of a table (`TableLayout.cells`) that these aggregates work on. */
  readonly cells: readonly CellSpec[];
  /** Sums that left ±(2^53 − 1) and were given out as null. */
  overflows = 0;
  private readonly codes: Uint8Array;
  /** By aggregate: where its columns begin. */
  private readonly starts: Int32Array;
  /** By aggregate: one of the two. */
  private readonly numbers: readonly (NumberAggregate | null)[];
  private readonly placed: readonly (PlacedCells | null)[];

  constructor(specs: readonly AggregateSpec[]) {
    this.specs = specs;
    this.codes = new Uint8Array(specs.length);
    this.starts = new Int32Array(specs.length);
    const columns: ColumnSpec[] = [];
    const cells: CellSpec[] = [];
    const numbers: (NumberAggregate | null)[] = [];
    const placed: (PlacedCells | null)[] = [];
    for (const [index, spec] of specs.entries()) {
      const found = functionOf(spec);
      this.codes[index] = found.code;
      this.starts[index] = columns.length;
      numbers.push(found.numbers);
      placed.push(found.cells?.place(index, cells.length) ?? null);
      const name = `${index}.${spec.fn}`;
      if (found.cells !== null) cells.push({ name, type: found.cells.type });
      for (const column of found.numbers?.columns ?? []) columns.push({ ...column, name: `${name}.${column.name}` });
    }
    this.columns = columns;
    this.cells = cells;
    this.numbers = numbers;
    this.placed = placed;
  }

  /** Folds one record into a row. */
  add(table: Columns, row: number, record: AggregateInputs): void {
    const { codes, starts } = this;
    const { inputs } = record;
    for (let i = 0; i < codes.length; i++) {
      const value = inputs[i]!;
      if (Number.isNaN(value)) continue;
      const at = starts[i]!;
      switch (codes[i]!) {
        case COUNT:
          addCount(table, at, row);
          break;
        case SUM:
          addSum(table, at, row, value);
          break;
        case MIN:
          addMin(table, at, row, value);
          break;
        case MAX:
          addMax(table, at, row, value);
          break;
        case AVG:
          addAvg(table, at, row, value);
          break;
        case VARIANCE:
          addVariance(table, at, row, value);
          break;
        default:
          this.placed[i]!.add(table, row, record);
      }
    }
  }

  /** Folds the rows of `batch.from`, which arrived after what is in `table`, into `batch.rows` of `table`. */
  merge(table: Columns, batch: MergeBatch): void {
    const { codes, starts, numbers, placed } = this;
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] === CELLS) placed[i]!.merge(table, batch);
      else numbers[i]!.merge(table, starts[i]!, batch);
    }
  }

  /** Gives up the cells of a row that nobody reads any more, and their memory; its columns stay as they are. */
  release(table: Columns, row: number): void {
    if (this.cells.length === 0) return;
    for (const placed of this.placed) placed?.release(table, row);
  }

  /** Upper bound of the bytes that `writeResult` writes for aggregate `index` of a row. */
  maxResultBytes(table: ReadonlyColumns, index: number, row: number): number {
    return this.codes[index] === CELLS ? this.placed[index]!.maxResultBytes(table, row) : MAX_NUMBER_BYTES;
  }

  /** Writes aggregate `index` of a row as JSON at `to[at]` and returns the position after it. */
  // oxlint-disable-next-line max-params -- the hot path makes no object per result
  writeResult(table: ReadonlyColumns, index: number, row: number, to: Buffer, at: number): number {
    if (this.codes[index] === CELLS) return this.placed[index]!.writeResult(table, row, { to, at });
    const value = this.numbers[index]!.result(table, this.starts[index]!, row);
    if (value === OVERFLOW) this.overflows++;
    return writeNumber(to, at, value);
  }
}

interface FoundFunction {
  readonly code: number;
  readonly numbers: NumberAggregate | null;
  readonly cells: CellFunction | null;
}

function functionOf(spec: AggregateSpec): FoundFunction {
  switch (spec.fn) {
    case 'first':
      return inCells(first());
    case 'last':
      return inCells(last());
    case 'countDistinct':
      return inCells(countDistinct());
    case 'approxCountDistinct':
      return inCells(approxCountDistinct());
    case 'quantile':
      return inCells(quantile(spec));
    case 'topK':
      return inCells(topK(spec.k));
    case 'collect':
      return inCells(collect(spec.limit));
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'variance':
    case 'stddev':
      return { code: CODES[spec.fn], numbers: NUMBERS[spec.fn], cells: null };
  }
}

function inCells(cells: CellFunction): FoundFunction {
  return { code: CELLS, numbers: null, cells };
}
