// Canonical keys on their way out: as fields of a result row and as the key of the result record.
import { TAG_NUMBER, TAG_TEXT, TAG_TRUE } from './canonical-key.ts';
import { writeJsonString } from './json-bytes.ts';

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const TRUE_TEXT = Buffer.from('true');
const FALSE_TEXT = Buffer.from('false');

/** Where to write: bytes go to `to[at, …)`. */
export interface Target {
  readonly to: Buffer;
  readonly at: number;
}

export class KeyWriter {
  /** `"userId":`, with a comma in front from the second on. */
  private readonly names: readonly Buffer[];
  private readonly nameBytes: number;

  /** `keyBy`: names of the key fields, as they are called in results. */
  constructor(keyBy: readonly string[]) {
    this.names = keyBy.map((name, index) => Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(name)}:`));
    this.nameBytes = this.names.reduce((sum, name) => sum + name.length, 0);
  }

  /** Upper bound of what either method writes for a key of so many canonical bytes. */
  maxBytes(keyBytes: number): number {
    return this.nameBytes + 6 * keyBytes + 8 * this.names.length + 2;
  }

  /** Writes `"userId":"u1","country":…`; returns the position after it. */
  writeFields(key: Buffer, start: number, { to, at }: Target): number {
    let out = at;
    let position = start;
    for (const name of this.names) {
      for (let i = 0; i < name.length; i++) to[out++] = name[i]!;
      const from = contentStart(key, position);
      const next = contentEnd(key, position, from);
      out = writeJson(key, position, next, { to, at: out });
      position = next;
    }
    return out;
  }

  /** Writes the key of a result record: the text of a single field (no quotes), a JSON array of several. */
  writeRecordKey(key: Buffer, start: number, { to, at }: Target): number {
    let out = at;
    let position = start;
    const several = this.names.length > 1;
    if (several) to[out++] = OPEN_ARRAY;
    for (let field = 0; field < this.names.length; field++) {
      if (field > 0) to[out++] = COMMA;
      const from = contentStart(key, position);
      const next = contentEnd(key, position, from);
      if (several || key[position] !== TAG_TEXT) out = writeJson(key, position, next, { to, at: out });
      else for (let i = from; i < next; i++) to[out++] = key[i]!;
      position = next;
    }
    if (several) to[out++] = CLOSE_ARRAY;
    return out;
  }
}

/** One field, from its tag at `position` to `next`, as a JSON value. */
function writeJson(key: Buffer, position: number, next: number, target: Target): number {
  const tag = key[position]!;
  const from = contentStart(key, position);
  if (tag === TAG_TEXT) return writeJsonString(key, from, next, target);
  const text = tag === TAG_NUMBER ? key : tag === TAG_TRUE ? TRUE_TEXT : FALSE_TEXT;
  const end = tag === TAG_NUMBER ? next : text.length;
  let out = target.at;
  for (let i = tag === TAG_NUMBER ? from : 0; i < end; i++) target.to[out++] = text[i]!;
  return out;
}

function contentStart(key: Buffer, position: number): number {
  let at = position + 1;
  if (key[position]! > TAG_NUMBER) return at;
  while (key[at]! >= 0x80) at++;
  return at + 1;
}

function contentEnd(key: Buffer, position: number, from: number): number {
  if (key[position]! > TAG_NUMBER) return from;
  let length = 0;
  for (let at = position + 1, shift = 0; at < from; at++, shift += 7) length |= (key[at]! & 0x7f) << shift;
  return from + length;
}
