// What the parts of the compiler share: the slots that closures read, and the variables of macros. A node is compiled for what is
// wanted of it: a condition, a number or any value.
import type { Expression } from '../../../crds/index.ts';
import type { FieldSlots } from '../field-slots.ts';
import type { Condition } from './outcome.ts';
import type { Value } from './values.ts';

/**
 * An expression that is a number. Numbers are handed on in typed arrays: a closure that returned one would put each into an object of
 * its own, unless the engine happened to inline it.
 */
export interface NumberPart {
  /** 0 when the number is in `values[at]`, else why there is none: `FAILED` or `MISSING`. */
  readonly load: (buffer: Buffer) => number;
  readonly values: Float64Array;
  readonly at: number;
}

export type ValueOf = (buffer: Buffer) => Value;

/** Where the variable of a macro is while its items are gone through. */
export interface Cell {
  value: Value;
}

export interface Compiler {
  readonly slots: FieldSlots;
  /** What null and absent fields come to: `MISSING`, or `FAILED` where nobody tells them apart. */
  readonly missing: number;
  condition(expression: Expression): Condition;
  number(expression: Expression): NumberPart;
  value(expression: Expression): ValueOf;
  /** Index of a path's slot. */
  slot(path: string): number;
  variable(name: string): Cell;
  /** The same with one more variable. */
  inside(name: string, cell: Cell): Compiler;
}
