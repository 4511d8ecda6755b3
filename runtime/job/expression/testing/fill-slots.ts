// Slots of a record that a test writes as JSON: filled from JSON.parse, without the scanner, so that the two can be told apart.
import { ABSENT, ARRAY, FALSE, NULL, NUMBER, OBJECT, STRING, TRUE } from '../../json-scanner.ts';
import type { FieldSlots } from '../../field-slots.ts';

export interface TestRecord {
  /** The text of the record's value. */
  readonly json: string;
  /** By path: what is not in the value, such as `$key`. */
  readonly besides?: Readonly<Record<string, string | number | null>>;
}

/** Slots for these paths, and the buffer that they point into. */
export function fillSlots(
  { json, besides = {} }: TestRecord,
  paths: readonly string[],
): { readonly slots: FieldSlots; readonly buffer: Buffer } {
  const root: unknown = JSON.parse(json);
  const count = paths.length;
  const slots = {
    paths,
    types: new Uint8Array(count),
    starts: new Int32Array(count),
    ends: new Int32Array(count),
    escaped: new Uint8Array(count),
    numbers: new Float64Array(count),
  };
  const chunks: Buffer[] = [Buffer.from('before')];
  let length = 6;
  for (const [slot, path] of paths.entries()) {
    const value = path.startsWith('$')
      ? Object.hasOwn(besides, path)
        ? besides[path]
        : undefined
      : valueAt(root, path);
    slots.types[slot] = typeOf(value);
    if (typeof value === 'number') slots.numbers[slot] = value;
    const whole = JSON.stringify(value) ?? '';
    // Every second text escaped as a whole, so that both forms are met.
    const escape = typeof value === 'string' && (slot % 2 === 1 || whole.includes('\\')) && !path.startsWith('$');
    const text = typeof value === 'string' ? (escape ? escaped(value) : value) : whole;
    slots.escaped[slot] = escape ? 1 : 0;
    const bytes = Buffer.from(text);
    slots.starts[slot] = length;
    length += bytes.length;
    slots.ends[slot] = length;
    // What follows in a record must not be taken for a part of the field.
    chunks.push(bytes, Buffer.from('"xyz'));
    length += 4;
  }
  return { slots, buffer: Buffer.concat(chunks) };
}

function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function typeOf(value: unknown): number {
  if (value === undefined) return ABSENT;
  if (value === null) return NULL;
  if (typeof value === 'boolean') return value ? TRUE : FALSE;
  if (typeof value === 'number') return NUMBER;
  if (typeof value === 'string') return STRING;
  return Array.isArray(value) ? ARRAY : OBJECT;
}

function escaped(text: string): string {
  return Array.from(
    { length: text.length },
    (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
