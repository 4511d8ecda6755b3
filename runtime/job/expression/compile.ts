// Expressions compiled to closures over the slots of a record's fields. Parts that no record changes are evaluated once.
import { type Expression, partsOf } from '../../../crds/index.ts';
import type { FieldSlots } from '../field-slots.ts';
import { type Cell, type Compiler, type NumberPart, type ValueOf } from './compiler.ts';
import { condition, constant } from './condition.ts';
import { number } from './number.ts';
import { type Condition, FAILED, MISSING } from './outcome.ts';
import { readerOf } from './value-readers.ts';
import type { ValueReader } from './value-reader.ts';
import { value } from './value.ts';

/** A filter, from `parseExpression(text, 'condition')`; the slots must have all of its fields. One record at a time. */
export function compileCondition(expression: Expression, slots: FieldSlots): Condition {
  return newCompiler({ slots, missing: FAILED, variables: new Map() }).condition(expression);
}

/** The input of an aggregate, from `parseExpression(text, 'number' | 'scalar')`; the slots must have all of its fields. */
export function compileValue(expression: Expression, slots: FieldSlots): ValueReader {
  const compiler = newCompiler({ slots, missing: MISSING, variables: new Map() });
  return readerOf(expression, compiler);
}

interface Parts {
  readonly slots: FieldSlots;
  readonly missing: number;
  readonly variables: ReadonlyMap<string, Cell>;
}

const NO_RECORD = Buffer.alloc(0);

function newCompiler(parts: Parts): Compiler {
  const { slots, missing, variables } = parts;
  const compiler: Compiler = {
    slots,
    missing,
    condition: (expression) => {
      const compiled = condition(expression, compiler);
      return isConstant(expression) ? constant(compiled(NO_RECORD)) : compiled;
    },
    number: (expression) => {
      const compiled = number(expression, compiler);
      return isConstant(expression) ? constantNumber(compiled) : compiled;
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

function constantNumber({ load, values, at }: NumberPart): NumberPart {
  const code = load(NO_RECORD);
  return { load: () => code, values: Float64Array.of(values[at]!), at: 0 };
}

function constantValue(compiled: ValueOf): ValueOf {
  const found = compiled(NO_RECORD);
  return () => found;
}
