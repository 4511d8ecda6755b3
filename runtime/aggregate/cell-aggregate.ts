// An aggregate whose state is no number: one object (cell) per row that has had input, in a column of cells. The kind knows what
// is in a cell; this class knows where it lies and keeps count of its memory.
import type { CellType, Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import type { AggregateInputs } from './aggregate-inputs.ts';

/** What an aggregate does with its cells. Kinds hold settings and scratch memory, never state of a row. */
export interface CellKind<C extends object> {
  readonly type: CellType<C>;
  /** JSON of a row that has had no input. */
  readonly empty: 'null' | '0' | '[]';
  create(): C;
  /** Folds in input `index` of a record, which is not null. */
  add(cell: C, record: AggregateInputs, index: number): void;
  /** Folds `from`, all of which arrived later, into `cell`; `from` stays as it is and shares no memory with `cell` afterwards. */
  merge(cell: C, from: C): void;
  /** Memory of a cell in bytes, as near as it can be told. */
  sizeBytes(cell: C): number;
  /** Upper bound of what `writeResult` writes. */
  maxResultBytes(cell: C): number;
  /** Writes JSON at `to[at]`, changes nothing, and returns the position after it. */
  writeResult(cell: C, to: Buffer, at: number): number;
}

/** A cell aggregate at its place in tables; the type of its cells does not show. */
export interface PlacedCells {
  add(table: Columns, row: number, record: AggregateInputs): void;
  merge(into: Columns, batch: MergeBatch): void;
  release(table: Columns, row: number): void;
  maxResultBytes(table: ReadonlyColumns, row: number): number;
  writeResult(table: ReadonlyColumns, row: number, target: { to: Buffer; at: number }): number;
}

/** A kind of cells whose type does not show: what a set of aggregates builds on. */
export interface CellFunction {
  readonly type: CellType;
  /** For input `index` of the records, kept in the cells `cellAt` of tables. */
  place(index: number, cellAt: number): PlacedCells;
}

export function cellFunction<C extends object>(kind: CellKind<C>): CellFunction {
  return { type: kind.type, place: (index, cellAt) => new CellAggregate(kind, index, cellAt) };
}

class CellAggregate<C extends object> implements PlacedCells {
  private readonly kind: CellKind<C>;
  private readonly index: number;
  private readonly cellAt: number;

  constructor(kind: CellKind<C>, index: number, cellAt: number) {
    this.kind = kind;
    this.index = index;
    this.cellAt = cellAt;
  }

  add(table: Columns, row: number, record: AggregateInputs): void {
    const { kind } = this;
    const existing = this.cellOf(table, row);
    const cell = existing ?? kind.create();
    const before = existing === null ? 0 : kind.sizeBytes(cell);
    kind.add(cell, record, this.index);
    if (existing === null) table.cells[this.cellAt]![row] = cell;
    table.cellBytes += kind.sizeBytes(cell) - before;
  }

  merge(into: Columns, { from, fromRows, rows, count }: MergeBatch): void {
    const { kind, cellAt } = this;
    for (let i = 0; i < count; i++) {
      const source = this.cellOf(from, fromRows === null ? i : fromRows[i]!);
      if (source === null) continue;
      const row = rows[i]!;
      const existing = this.cellOf(into, row);
      const cell = existing ?? kind.create();
      const before = existing === null ? 0 : kind.sizeBytes(cell);
      kind.merge(cell, source);
      if (existing === null) into.cells[cellAt]![row] = cell;
      into.cellBytes += kind.sizeBytes(cell) - before;
    }
  }

  release(table: Columns, row: number): void {
    const cell = this.cellOf(table, row);
    if (cell === null) return;
    table.cellBytes -= this.kind.sizeBytes(cell);
    table.cells[this.cellAt]![row] = null;
  }

  maxResultBytes(table: ReadonlyColumns, row: number): number {
    const cell = this.cellOf(table, row);
    return cell === null ? this.kind.empty.length : this.kind.maxResultBytes(cell);
  }

  writeResult(table: ReadonlyColumns, row: number, { to, at }: { to: Buffer; at: number }): number {
    const cell = this.cellOf(table, row);
    if (cell === null) return at + to.write(this.kind.empty, at, 'latin1');
    return this.kind.writeResult(cell, to, at);
  }

  private cellOf(table: ReadonlyColumns, row: number): C | null {
    // Only cells of this kind are ever put into this column.
    return (table.cells[this.cellAt]![row] as C | null | undefined) ?? null;
  }
}
