// All aggregates of a job over one table: their columns side by side, and one `add` per record that goes through a switch instead
// of five different objects, because that call is in the hottest loop there is.
import type { ColumnSpec, Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import { addAvg, avg } from './avg.ts';
import { type AggregateFunction, type AggregateKind, OVERFLOW } from './aggregate-function.ts';
import { addCount, count } from './count.ts';
import { addMax, max } from './max.ts';
import { addMin, min } from './min.ts';
import { addSum, sum } from './sum.ts';

const FUNCTIONS: Readonly<Record<AggregateKind, AggregateFunction>> = { count, sum, min, max, avg };
const KINDS: readonly AggregateKind[] = ['count', 'sum', 'min', 'max', 'avg'];
const COUNT = 0;
const SUM = 1;
const MIN = 2;
const MAX = 3;
const AVG = 4;

export class AggregateSet {
  readonly kinds: readonly AggregateKind[];
  /** Columns of a table (`TableLayout.columns`) that these aggregates work on. */
  readonly columns: readonly ColumnSpec[];
  /** Sums that left ±(2^53 − 1) and were given out as null. */
  overflows = 0;
  private readonly functions: readonly AggregateFunction[];
  private readonly codes: Uint8Array;
  private readonly starts: Int32Array;

  constructor(kinds: readonly AggregateKind[]) {
    this.kinds = kinds;
    this.functions = kinds.map((kind) => FUNCTIONS[kind]);
    this.codes = Uint8Array.from(kinds, (kind) => KINDS.indexOf(kind));
    this.starts = new Int32Array(kinds.length);
    const columns: ColumnSpec[] = [];
    for (const [index, kind] of kinds.entries()) {
      this.starts[index] = columns.length;
      for (const column of FUNCTIONS[kind].columns)
        columns.push({ ...column, name: `${index}.${kind}.${column.name}` });
    }
    this.columns = columns;
  }

  /** Folds one record into a row: `inputs[i]` is the input of aggregate i, NaN when it is null or absent. */
  add(table: Columns, row: number, inputs: Float64Array): void {
    const { codes, starts } = this;
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
        default:
          throw new Error(`No aggregate has code ${codes[i]}`);
      }
    }
  }

  /** Folds rows 0..count of `batch.from` into `batch.rows` of `table`. */
  merge(table: Columns, batch: MergeBatch): void {
    for (let i = 0; i < this.functions.length; i++) this.functions[i]!.merge(table, this.starts[i]!, batch);
  }

  /** Value of aggregate `index` in a row: NaN is null. */
  result(table: ReadonlyColumns, index: number, row: number): number {
    const value = this.functions[index]!.result(table, this.starts[index]!, row);
    if (value !== OVERFLOW) return value;
    this.overflows++;
    return Number.NaN;
  }
}
