// Canonical keys on their way out: as fields of a result row and as the key of the result record.
import { scalarContent, scalarJsonBound, scalarSize, TAG_TEXT, type Target, writeScalarJson } from '../scalar/index.ts';

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;

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
    return this.nameBytes + scalarJsonBound(keyBytes) + 8 * this.names.length;
  }

  /** Writes `"userId":"u1","country":…`; returns the position after it. */
  writeFields(key: Buffer, start: number, { to, at }: Target): number {
    let out = at;
    let position = start;
    for (const name of this.names) {
      for (let i = 0; i < name.length; i++) to[out++] = name[i]!;
      const next = position + scalarSize(key, position);
      out = writeScalarJson(key, position, next, { to, at: out });
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
      const next = position + scalarSize(key, position);
      if (several || key[position] !== TAG_TEXT) out = writeScalarJson(key, position, next, { to, at: out });
      else for (let i = scalarContent(key, position); i < next; i++) to[out++] = key[i]!;
      position = next;
    }
    if (several) to[out++] = CLOSE_ARRAY;
    return out;
  }
}
