// Canonical bytes of a scalar as a text of one-byte characters: the smallest thing to keep a short scalar in. A small Buffer takes
// three times the memory.
import { writeScalarJson } from '../scalar/index.ts';
import type { ByteReader, ByteWriter } from '../state/index.ts';
import { scalarEnd } from './scalar-end.ts';

export function scalarText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}

/** Memory of a text of so many characters: header, characters, rounded up to words. */
export function scalarTextBytes(text: string): number {
  return 24 + text.length;
}

export class ScalarTextWriter {
  private scratch = Buffer.alloc(256);

  /** Writes the scalar as JSON at `to[at]` and returns the position after it. */
  writeJson(text: string, to: Buffer, at: number): number {
    if (text.length > this.scratch.length) this.scratch = Buffer.alloc(text.length * 2);
    this.scratch.write(text, 0, 'latin1');
    return writeScalarJson(this.scratch, 0, text.length, { to, at });
  }
}

/** Appends the scalar's bytes. */
export function writeScalarText(writer: ByteWriter, text: string): void {
  writer.reserve(text.length);
  writer.length += writer.buffer.write(text, writer.length, 'latin1');
}

/** Reads one whole scalar that goes up to the end. */
export function readScalarText(reader: ByteReader): string {
  const { buffer, position, end } = reader;
  if (scalarEnd(buffer, position, end) !== end) reader.fail(`the ${end - position} bytes at ${position} are no scalar`);
  return buffer.toString('latin1', reader.take(end - position), end);
}
