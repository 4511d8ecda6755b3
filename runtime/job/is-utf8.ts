// Whether bytes are text: what comes from headers may be anything.
import { utf8Size } from '../scalar/index.ts';

export function isUtf8(bytes: Buffer, start: number, end: number): boolean {
  let i = start;
  while (i < end) {
    const size = bytes[i]! < 0x80 ? 1 : utf8Size(bytes, i, end);
    if (size === 0) return false;
    i += size;
  }
  return true;
}
