// What stands in a record, for messages about bad ones.
import type { FieldSlots } from './field-slots.ts';
import { ABSENT, ARRAY, FALSE, NULL, NUMBER, OBJECT, TRUE } from './json-scanner.ts';

/** A field's value as text, null when there is none; of objects and lists only that they are that. */
export function slotInWords(slots: FieldSlots, slot: number, buffer: Buffer): string | null {
  const start = slots.starts[slot]!;
  const end = slots.ends[slot]!;
  switch (slots.types[slot]!) {
    case ABSENT:
      return null;
    case NULL:
      return 'null';
    case TRUE:
    case FALSE:
      return 'true or false';
    case OBJECT:
      return 'an object';
    case ARRAY:
      return 'a list';
    case NUMBER:
      // Numbers that are no part of the value have no text.
      return start === end ? String(slots.numbers[slot]) : buffer.toString('latin1', start, end);
    default:
      return buffer.toString('utf8', start, end);
  }
}

/** `price = 12, quantity = null`. */
export function slotsInWords(slots: FieldSlots, which: readonly number[], buffer: Buffer): string | null {
  if (which.length === 0) return null;
  return which.map((slot) => `${slots.paths[slot]} = ${slotInWords(slots, slot, buffer) ?? 'nothing'}`).join(', ');
}
