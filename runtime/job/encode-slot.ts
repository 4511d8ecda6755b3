// A scalar in a slot as canonical bytes.
import type { ScalarWriter } from '../scalar/index.ts';
import type { FieldSlots } from './field-slots.ts';
import { unescapeJson } from './json-bytes.ts';
import { NUMBER, STRING, TRUE } from './json-scanner.ts';

/** Appends the scalar that is in the slot, which must hold text, a number, true or false, in `buffer`. */
// oxlint-disable-next-line max-params -- the hot path makes no object per record
export function encodeSlot(slots: FieldSlots, slot: number, buffer: Buffer, writer: ScalarWriter): void {
  const type = slots.types[slot]!;
  if (type !== STRING && type !== NUMBER) {
    writer.encodeBoolean(type === TRUE);
    return;
  }
  const start = slots.starts[slot]!;
  const end = slots.ends[slot]!;
  if (type === NUMBER) {
    const value = slots.numbers[slot]!;
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) writer.encodeDigits(buffer, start, end);
    else writer.encodeNumber(value);
  } else if (slots.escaped[slot] === 0) writer.encodeText(buffer, start, end);
  else {
    const at = writer.openText(end - start);
    writer.closeText(unescapeJson(buffer, start, end, { to: writer.bytes, at }));
  }
}
