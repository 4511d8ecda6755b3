// What the parts of the compiler share: the slots that closures read, the fault that a number cannot carry itself, and the variables
// of macros. A node is compiled for what is wanted of it: a condition, a number or any value.
import type { Expression } from '../../../crds/index.ts';
import type { FieldSlots } from '../field-slots.ts';
import type { Condition } from './outcome.ts';
import type { Value } from './values.ts';

/** A number; NaN with a fault in `Run` when there is none. */
export type NumberOf = (buffer: Buffer) => number;
export type ValueOf = (buffer: Buffer) => Value;

/** Why a number could not be had: told beside it, so that arithmetic allocates nothing. Whoever makes something else of a number takes it. */
export class Run {
  /** 0, `FAILED` or `MISSING`. */
  fault = 0;

  /** The first fault is kept. */
  fail(code: number): number {
    if (this.fault === 0) this.fault = code;
    return Number.NaN;
  }

  take(): number {
    const { fault } = this;
    this.fault = 0;
    return fault;
  }
}

/** Where the variable of a macro is while its items are gone through. */
export interface Cell {
  value: Value;
}

export interface Compiler {
  readonly slots: FieldSlots;
  readonly run: Run;
  /** What null and absent fields come to: `MISSING`, or `FAILED` where nobody tells them apart. */
  readonly missing: number;
  condition(expression: Expression): Condition;
  number(expression: Expression): NumberOf;
  value(expression: Expression): ValueOf;
  /** Index of a path's slot. */
  slot(path: string): number;
  variable(name: string): Cell;
  /** The same with one more variable. */
  inside(name: string, cell: Cell): Compiler;
}
