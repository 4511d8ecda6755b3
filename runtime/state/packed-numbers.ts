// Numbers of a shuffle block in as few bytes as the widest of them needs: mostly counts, offsets close together and sums that are
// integers, so that a row takes half of what it does in memory. Costs no more time than copying, and everything behind it less.
//
// Unsigned: width u8 (0 all are the same, 1, 2, 4) | the one, or each. Doubles: width u8 (0 all are the same, 1, 2, 4 when they are
// integers, 8 otherwise) | the one as f64, or each.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

const SAME = 0;
const FRACTIONS = 8;

/** Most bytes that `count` numbers take, of 4 bytes (unsigned) or 8 (doubles) each. */
export function packedBound(bytesEach: number, count: number): number {
  return 1 + bytesEach * Math.max(count, 1);
}

/** Appends the first `count` of `values`; at least one. */
export function writeUnsigned(writer: ByteWriter, values: Uint32Array, count: number): void {
  const first = values[0]!;
  let all = 0;
  let different = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    all |= value;
    different |= value ^ first;
  }
  writer.reserve(packedBound(4, count));
  const { view } = writer;
  let at = writer.length;
  const width = different === 0 ? SAME : all >>> 8 === 0 ? 1 : all >>> 16 === 0 ? 2 : 4;
  view.setUint8(at++, width);
  if (width === SAME) {
    view.setUint32(at, first, true);
    at += 4;
  } else if (width === 1) for (let i = 0; i < count; i++) view.setUint8(at++, values[i]!);
  else if (width === 2) for (let i = 0; i < count; i++, at += 2) view.setUint16(at, values[i]!, true);
  else for (let i = 0; i < count; i++, at += 4) view.setUint32(at, values[i]!, true);
  writer.length = at;
}

/** Fills the first `count` of `into`. */
export function readUnsigned(reader: ByteReader, into: Uint32Array, count: number): void {
  const width = reader.u8();
  if (width === SAME) {
    into.fill(reader.u32(), 0, count);
    return;
  }
  if (width !== 1 && width !== 2 && width !== 4) reader.fail(`no integers are ${width} bytes wide`);
  let at = reader.take(width * count);
  const { view } = reader;
  if (width === 1) for (let i = 0; i < count; i++) into[i] = view.getUint8(at++);
  else if (width === 2) for (let i = 0; i < count; i++, at += 2) into[i] = view.getUint16(at, true);
  else for (let i = 0; i < count; i++, at += 4) into[i] = view.getUint32(at, true);
}

/** Appends the first `count` of `values`, whatever they are; at least one. */
export function writeDoubles(writer: ByteWriter, values: Float64Array, count: number): void {
  const width = widthOf(values, count);
  writer.reserve(packedBound(8, count));
  const { view } = writer;
  let at = writer.length;
  view.setUint8(at++, width);
  if (width === SAME) {
    view.setFloat64(at, values[0]!, true);
    at += 8;
  } else if (width === 1) for (let i = 0; i < count; i++) view.setInt8(at++, values[i]!);
  else if (width === 2) for (let i = 0; i < count; i++, at += 2) view.setInt16(at, values[i]!, true);
  else if (width === 4) for (let i = 0; i < count; i++, at += 4) view.setInt32(at, values[i]!, true);
  else for (let i = 0; i < count; i++, at += 8) view.setFloat64(at, values[i]!, true);
  writer.length = at;
}

/** Fills the first `count` of `into`. */
export function readDoubles(reader: ByteReader, into: Float64Array, count: number): void {
  const width = reader.u8();
  if (width === SAME) {
    into.fill(reader.f64(), 0, count);
    return;
  }
  if (width !== 1 && width !== 2 && width !== 4 && width !== FRACTIONS)
    reader.fail(`no numbers are ${width} bytes wide`);
  let at = reader.take(width * count);
  const { view } = reader;
  if (width === 1) for (let i = 0; i < count; i++) into[i] = view.getInt8(at++);
  else if (width === 2) for (let i = 0; i < count; i++, at += 2) into[i] = view.getInt16(at, true);
  else if (width === 4) for (let i = 0; i < count; i++, at += 4) into[i] = view.getInt32(at, true);
  else for (let i = 0; i < count; i++, at += 8) into[i] = view.getFloat64(at, true);
}

function widthOf(values: Float64Array, count: number): number {
  const first = values[0]!;
  let same = true;
  let bits = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    const integer = value | 0;
    // −0 is no integer here: it would come back as 0.
    if (!Object.is(integer, value)) return areSame(values, count) ? SAME : FRACTIONS;
    bits |= integer ^ (integer >> 31);
    if (value !== first) same = false;
  }
  return same ? SAME : bits < 0x80 ? 1 : bits < 0x8000 ? 2 : 4;
}

function areSame(values: Float64Array, count: number): boolean {
  const first = values[0]!;
  for (let i = 1; i < count; i++) if (!Object.is(values[i], first)) return false;
  return true;
}
