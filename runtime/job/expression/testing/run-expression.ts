// Evaluates an expression over one record for a test: `yes`, `no` or `failed` of a filter, a value or an outcome in words of an input.
import { type Expected, parseExpression } from '../../../../crds/index.ts';
import { compileCondition, compileValue } from '../compile.ts';
import { VALUE_BOOLEAN, VALUE_ERROR, VALUE_NULL, VALUE_NUMBER } from '../outcome.ts';
import { fillSlots, type TestRecord } from './fill-slots.ts';

const OUTCOMES = ['no', 'yes', 'failed'] as const;

export function runCondition(text: string, record: TestRecord): string {
  const { expression, slots, buffer } = prepare(text, 'condition', record);
  const condition = compileCondition(expression, slots);
  const outcome = OUTCOMES[condition(buffer)] ?? 'no outcome';
  // Nothing of one record may be left for the next.
  return outcome === OUTCOMES[condition(buffer)] ? outcome : 'not the same again';
}

/** Null, the value as JSON has it, or `error`. */
export function runValue(text: string, record: TestRecord, expects: Expected = 'scalar'): unknown {
  const { expression, slots, buffer } = prepare(text, expects, record);
  const reader = compileValue(expression, slots);
  const outcome = reader.read(buffer);
  if (outcome !== reader.read(buffer)) return 'not the same again';
  if (outcome === VALUE_NULL) return null;
  if (outcome === VALUE_ERROR) return 'error';
  if (outcome === VALUE_NUMBER) return reader.number;
  if (outcome === VALUE_BOOLEAN) return reader.boolean;
  return reader.bytes.toString('utf8', reader.start, reader.end);
}

function prepare(text: string, expects: Expected, record: TestRecord) {
  const parsed = parseExpression(text, expects);
  if (!parsed.ok) throw new Error(parsed.message);
  return { expression: parsed.expression, ...fillSlots(record, parsed.fields) };
}
