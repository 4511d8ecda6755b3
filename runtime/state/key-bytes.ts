// Keys are short and compared for every record: word by word through views, which beats both a loop over bytes and a native call.

const WORD = 4;
/** From here on a native copy is faster. */
const LONG_BYTES = 64;

export function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

// Callers pass the same buffer again and again. Only the last one is remembered, for all, so that no table keeps one alive.
let seenBuffer: Buffer = Buffer.alloc(0);
let seenView = viewOf(seenBuffer);

/** A view on a buffer that is likely to come again with the next call. */
export function sharedView(buffer: Buffer): DataView {
  if (buffer === seenBuffer) return seenView;
  seenView = viewOf(buffer);
  seenBuffer = buffer;
  return seenView;
}

/** Whether `a[at, at + length)` is `b[start, start + length)`; the last word overlaps the one before. */
// oxlint-disable-next-line max-params -- called for every record: an object for its options would be garbage
export function sameBytes(a: DataView, at: number, b: DataView, start: number, length: number): boolean {
  const last = length - WORD;
  for (let i = 0; i < last; i += WORD) if (a.getInt32(at + i, true) !== b.getInt32(start + i, true)) return false;
  if (last >= 0) return a.getInt32(at + last, true) === b.getInt32(start + last, true);
  for (let i = 0; i < length; i++) if (a.getUint8(at + i) !== b.getUint8(start + i)) return false;
  return true;
}

/** Copies `from[start, start + length)` to `to[at, at + length)`, which must be other memory. */
// oxlint-disable-next-line max-params -- called for every new row: an object for its options would be garbage
export function copyBytes(to: DataView, at: number, from: DataView, start: number, length: number): void {
  const last = length - WORD;
  if (length > LONG_BYTES) {
    new Uint8Array(to.buffer, to.byteOffset + at, length).set(
      new Uint8Array(from.buffer, from.byteOffset + start, length),
    );
  } else if (last >= 0) {
    for (let i = 0; i < last; i += WORD) to.setInt32(at + i, from.getInt32(start + i, true), true);
    to.setInt32(at + last, from.getInt32(start + last, true), true);
  } else for (let i = 0; i < length; i++) to.setUint8(at + i, from.getUint8(start + i));
}
