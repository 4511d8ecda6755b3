// One reader per kind of expression, chosen when a job is compiled: numbers and fields are read without an object.
import type { Expression } from '../../../crds/index.ts';
import { FALSE, NULL, NUMBER, STRING, TRUE } from '../json-scanner.ts';
import type { FieldSlots } from '../field-slots.ts';
import type { Compiler, NumberPart, ValueOf } from './compiler.ts';
import {
  type Condition,
  MISSING,
  NO,
  VALUE_BOOLEAN,
  VALUE_ERROR,
  VALUE_NULL,
  VALUE_NUMBER,
  VALUE_TEXT,
  YES,
} from './outcome.ts';
import { TextField } from './text-field.ts';
import type { ValueReader } from './value-reader.ts';
import { Fault } from './values.ts';
import { writeText } from './write-text.ts';

/** The compiler must tell what is missing apart. */
export function readerOf(expression: Expression, compiler: Compiler): ValueReader {
  if (expression.type.kind === 'number') return new NumberReader(compiler.number(expression));
  if (expression.type.kind === 'boolean') return new BooleanReader(compiler.condition(expression));
  if (expression.kind === 'field') return new FieldReader(compiler.slots, compiler.slot(expression.path));
  return new GeneralReader(compiler.value(expression));
}

const NO_TEXT: Buffer = Buffer.alloc(0);

class NumberReader implements ValueReader {
  number = 0;
  readonly boolean = false;
  readonly bytes = NO_TEXT;
  readonly start = 0;
  readonly end = 0;
  private readonly part: NumberPart;

  constructor(part: NumberPart) {
    this.part = part;
  }

  read(buffer: Buffer): number {
    const { part } = this;
    const code = part.load(buffer);
    if (code !== 0) return code === MISSING ? VALUE_NULL : VALUE_ERROR;
    // −0 counts as 0.
    this.number = part.values[part.at]! + 0;
    return VALUE_NUMBER;
  }
}

class BooleanReader implements ValueReader {
  readonly number = 0;
  boolean = false;
  readonly bytes = NO_TEXT;
  readonly start = 0;
  readonly end = 0;
  private readonly condition: Condition;

  constructor(condition: Condition) {
    this.condition = condition;
  }

  read(buffer: Buffer): number {
    const outcome = this.condition(buffer);
    this.boolean = outcome === YES;
    if (outcome === YES || outcome === NO) return VALUE_BOOLEAN;
    return outcome === MISSING ? VALUE_NULL : VALUE_ERROR;
  }
}

class FieldReader implements ValueReader {
  number = 0;
  boolean = false;
  bytes: Buffer = NO_TEXT;
  start = 0;
  end = 0;
  private readonly slots: FieldSlots;
  private readonly field: number;
  private readonly text: TextField;

  constructor(slots: FieldSlots, field: number) {
    this.slots = slots;
    this.field = field;
    this.text = new TextField(slots, field);
  }

  read(buffer: Buffer): number {
    const type = this.slots.types[this.field]!;
    if (type === NUMBER) {
      this.number = this.slots.numbers[this.field]! + 0;
      return VALUE_NUMBER;
    }
    if (type === STRING) {
      const { text } = this;
      text.load(buffer);
      this.bytes = text.bytes;
      this.start = text.start;
      this.end = text.end;
      return VALUE_TEXT;
    }
    if (type <= NULL) return VALUE_NULL;
    if (type !== TRUE && type !== FALSE) return VALUE_ERROR;
    this.boolean = type === TRUE;
    return VALUE_BOOLEAN;
  }
}

class GeneralReader implements ValueReader {
  number = 0;
  boolean = false;
  bytes: Buffer = Buffer.alloc(256);
  readonly start = 0;
  end = 0;
  private readonly value: ValueOf;

  constructor(value: ValueOf) {
    this.value = value;
  }

  read(buffer: Buffer): number {
    const value = this.value(buffer);
    if (typeof value === 'number') {
      this.number = value + 0;
      return VALUE_NUMBER;
    }
    if (typeof value === 'boolean') {
      this.boolean = value;
      return VALUE_BOOLEAN;
    }
    if (typeof value === 'string') {
      if (value.length * 3 > this.bytes.length) this.bytes = Buffer.alloc(value.length * 6);
      this.end = writeText(value, this.bytes, 0);
      return VALUE_TEXT;
    }
    return value === null || (value instanceof Fault && value.code === MISSING) ? VALUE_NULL : VALUE_ERROR;
  }
}
