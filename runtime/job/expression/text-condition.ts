// contains, startsWith, endsWith and matches of a field with a literal, where filters spend their time: on the bytes of the record.
import { compilePattern, type Expression, type ExpressionOf } from '../../../crds/index.ts';
import { NULL, STRING } from '../json-scanner.ts';
import type { Compiler } from './compiler.ts';
import { type Condition, FAILED, NO, YES } from './outcome.ts';
import { fieldText, TextField } from './text-field.ts';

/** Null when the call is another one. */
export function textCondition({ name, args }: ExpressionOf<'call'>, compiler: Compiler): Condition | null {
  const [text, literal] = args;
  if (text?.kind !== 'field' || !isText(literal)) return null;
  const { types } = compiler.slots;
  const field = compiler.slot(text.path);
  const { missing, slots } = compiler;
  const other = (type: number): number => (type <= NULL ? missing : FAILED);
  if (name === 'matches') {
    const pattern = compilePattern(literal.value);
    if ('problem' in pattern) return null;
    return (buffer) => {
      const type = types[field]!;
      if (type !== STRING) return other(type);
      return pattern.test(fieldText(slots, field, buffer)) ? YES : NO;
    };
  }
  const bytes = Buffer.from(literal.value);
  const loaded = new TextField(slots, field);
  switch (name) {
    case 'startsWith':
      return (buffer) => {
        const type = types[field]!;
        if (type !== STRING) return other(type);
        loaded.load(buffer);
        return loaded.startsWith(bytes) ? YES : NO;
      };
    case 'endsWith':
      return (buffer) => {
        const type = types[field]!;
        if (type !== STRING) return other(type);
        loaded.load(buffer);
        return loaded.endsWith(bytes) ? YES : NO;
      };
    case 'contains':
      return (buffer) => {
        const type = types[field]!;
        if (type !== STRING) return other(type);
        loaded.load(buffer);
        return loaded.contains(bytes) ? YES : NO;
      };
    default:
      return null;
  }
}

function isText(
  expression: Expression | undefined,
): expression is ExpressionOf<'literal'> & { readonly value: string } {
  return expression?.kind === 'literal' && typeof expression.value === 'string';
}
