// Expressions compiled to closures over the slots of a record's fields. Parts that no record changes are evaluated once.
import { type Expression, partsOf } from '../../../crds/index.ts';
import type { FieldSlots } from '../field-slots.ts';
import { type Cell, type Compiler, type NumberOf, Run, type ValueOf } from './compiler.ts';
import { condition, constant } from './condition.ts';
import { number } from './number.ts';
import { type Condition, FAILED, MISSING } from './outcome.ts';
import { readerOf } from './value-readers.ts';
import type { ValueReader } from './value-reader.ts';
import { value } from './value.ts';

/** A filter, from `parseExpression(text, 'condition')`; the slots must have all of its fields. One record at a time. */
export function compileCondition(expression: Expression, slots: FieldSlots): Condition {
  return newCompiler({ slots, run: new Run(), missing: FAILED, variables: new Map() }).condition(expression);
}

/** The input of an aggregate, from `parseExpression(text, 'number' | 'scalar')`; the slots must have all of its fields. */
export function compileValue(expression: Expression, slots: FieldSlots): ValueReader {
  const compiler = newCompiler({ slots, run: new Run(), missing: MISSING, variables: new Map() });
  return readerOf(expression, compiler);
}

interface Parts {
  readonly slots: FieldSlots;
  readonly run: Run;
  readonly missing: number;
  readonly variables: ReadonlyMap<string, Cell>;
}

const NO_RECORD = Buffer.alloc(0);

function newCompiler(parts: Parts): Compiler {
  const { slots, run, missing, variables } = parts;
  const compiler: Compiler = {
    slots,
    run,
    missing,
    condition: (expression) => {
      const compiled = condition(expression, compiler);
      return isConstant(expression) ? constant(compiled(NO_RECORD)) : compiled;
    },
    number: (expression) => {
      const compiled = number(expression, compiler);
      return isConstant(expression) ? constantNumber(compiled, run) : compiled;
    },
    value: (expression) => {
      const compiled = value(expression, compiler);
      return isConstant(expression) ? constantValue(compiled) : compiled;
    },
    slot: (path) => {
      const index = slots.paths.indexOf(path);
      if (index < 0) throw new Error(`There is no slot for ${path}, which an expression reads.`);
      return index;
    },
    variable: (name) => {
      const cell = variables.get(name);
      if (cell === undefined) throw new Error(`There is no variable ${name} around its use.`);
      return cell;
    },
    inside: (name, cell) => newCompiler({ ...parts, variables: new Map(variables).set(name, cell) }),
  };
  return compiler;
}

function isConstant(expression: Expression): boolean {
  const { kind } = expression;
  return kind !== 'field' && kind !== 'hasField' && kind !== 'variable' && partsOf(expression).every(isConstant);
}

function constantNumber(compiled: NumberOf, run: Run): NumberOf {
  const found = compiled(NO_RECORD);
  const fault = run.take();
  return fault === 0 ? () => found : () => run.fail(fault);
}

function constantValue(compiled: ValueOf): ValueOf {
  const found = compiled(NO_RECORD);
  return () => found;
}
