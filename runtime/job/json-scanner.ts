// Reads the wanted fields of a JSON document in one strict pass over its bytes: no string, no object, no number is made for
// anything else. Strict means: accepts exactly what JSON.parse accepts as an object (in valid UTF-8), so that a record is bad
// here if and only if it is bad everywhere.
import { utf8Size } from '../scalar/index.ts';
import type { FieldSlots } from './field-slots.ts';
import { FieldTree, NO_NODE, ROOT } from './field-tree.ts';
import { hex4, isEscapeLetter, unescapeJson } from './json-bytes.ts';

// Types of a field.
export const ABSENT = 0;
export const NULL = 1;
export const FALSE = 2;
export const TRUE = 3;
export const NUMBER = 4;
export const STRING = 5;
export const OBJECT = 6;
export const ARRAY = 7;

// Outcomes of a scan.
export const SCAN_OK = 0;
export const SCAN_MALFORMED = 1;
export const SCAN_NOT_AN_OBJECT = 2;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const LOWER_E = 0x65;

// Containers that are open: a node of the tree ≥ 0, or one of these.
const OTHER_OBJECT = -1;
const IN_ARRAY = -2;

/** 1 for every byte of a string that ends the fast loop: quote, backslash, control characters, beyond ASCII. */
const SPECIAL = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  SPECIAL[byte] = byte < 0x20 || byte >= 0x80 || byte === QUOTE || byte === BACKSLASH ? 1 : 0;
}

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const EXACT_DIGITS = 15;
/** As many decimal digits as 31 bits hold whatever they are. */
const INT_DIGITS = 9;

export interface ScannerOptions {
  /** Paths of slots behind those of the scanner, for whoever fills them. */
  readonly more?: readonly string[];
  /** Fields of which only the digits are wanted: `numbers` may be NaN. It spares long numbers a string each. */
  readonly digitsOnly?: readonly string[];
}

/** After `scan` returned `SCAN_OK` the slots hold what was found; the arrays are reused by the next scan. */
export class JsonScanner implements FieldSlots {
  readonly paths: readonly string[];
  readonly types: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly escaped: Uint8Array;
  readonly numbers: Float64Array;
  private readonly tree: FieldTree;
  private readonly fieldCount: number;
  private readonly digitsOnly: Uint8Array;
  private stack: Int32Array = new Int32Array(64);
  /** Wanted objects and lists that are open, outermost first; until they are closed `ends` holds the depth they are at. */
  private readonly openSlots: Int32Array;
  private scratch = Buffer.alloc(64);

  /** `paths`: field paths without duplicates. */
  constructor(paths: readonly string[], { more = [], digitsOnly = [] }: ScannerOptions = {}) {
    this.paths = [...paths, ...more];
    const count = this.paths.length;
    this.types = new Uint8Array(count);
    this.starts = new Int32Array(count);
    this.ends = new Int32Array(count);
    this.escaped = new Uint8Array(count);
    this.numbers = new Float64Array(count);
    this.tree = new FieldTree(paths);
    this.fieldCount = paths.length;
    this.digitsOnly = Uint8Array.from(this.paths, (path) => (digitsOnly.includes(path) ? 1 : 0));
    this.openSlots = new Int32Array(count);
  }

  /**
   * Scans `b[start, end)`. No loop checks for `end`: bytes behind it are only looked at, every construct must be closed, and a
   * document that is closed behind `end` is found to be cut off once, at its end. (Behind the buffer bytes are undefined, which
   * no construct accepts.)
   */
  scan(b: Buffer, start: number, end: number): number {
    const first = whitespaceEnd(b, start);
    // A number is closed by nothing of its own: without an object around it, it must not run into the bytes behind `end`.
    return b[first] === OPEN_OBJECT ? this.document(b, first, end) : this.document(b.subarray(0, end), first, end);
  }

  private document(b: Buffer, start: number, end: number): number {
    const { tree, types, fieldCount } = this;
    for (let field = 0; field < fieldCount; field++) types[field] = ABSENT;
    let { stack } = this;
    let depth = 0;
    let openCount = 0;
    /** Depth of the innermost wanted object or list that is open. */
    let openDepth = -1;
    let container = OTHER_OBJECT;
    /** Node whose value comes next. The document itself is the root, when it is an object. */
    let node = ROOT;
    let i = start;
    let c = b[i]!;
    const isObject = c === OPEN_OBJECT;

    for (;;) {
      // A value, after any whitespace.
      while (c <= 0x20) {
        if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return SCAN_MALFORMED;
        c = b[++i]!;
      }
      let slot = NO_NODE;
      if (node >= 0) {
        slot = tree.slots[node]!;
        if (tree.inner[node] === 1) this.forget(node);
      }
      let opened = false;
      if (c === QUOTE) {
        const from = ++i;
        while (SPECIAL[b[i]!] === 0) i++;
        let hasEscape = 0;
        if (b[i] !== QUOTE) {
          const last = stringEnd(b, i);
          if (last < 0) return SCAN_MALFORMED;
          i = last >>> 1;
          hasEscape = last & 1;
        }
        if (slot >= 0) {
          types[slot] = STRING;
          this.starts[slot] = from;
          this.ends[slot] = i;
          this.escaped[slot] = hasEscape;
        }
        i++;
      } else if (c === MINUS || (c >= ZERO && c <= NINE)) {
        const last = slot >= 0 ? this.number(b, i, slot) : numberEnd(b, i);
        if (last < 0) return SCAN_MALFORMED;
        i = last;
      } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        if (slot >= 0) {
          types[slot] = c === OPEN_OBJECT ? OBJECT : ARRAY;
          this.starts[slot] = i;
          this.ends[slot] = openDepth = depth;
          this.openSlots[openCount++] = slot;
        }
        if (depth === stack.length) stack = this.deepen();
        stack[depth++] = container;
        container = c === OPEN_ARRAY ? IN_ARRAY : node >= 0 && tree.inner[node] === 1 ? node : OTHER_OBJECT;
        i++;
        opened = true;
      } else {
        const last = this.literal(b, i, slot);
        if (last < 0) return SCAN_MALFORMED;
        i = last;
      }

      // What follows the value (or opens the container): close as many containers as end here, then find the next value.
      for (;;) {
        if (depth === 0) {
          if (i > end || restEnd(b, i, end) !== end) return SCAN_MALFORMED;
          return isObject ? SCAN_OK : SCAN_NOT_AN_OBJECT;
        }
        c = b[i]!;
        while (c <= 0x20) {
          if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
          c = b[++i]!;
        }
        if (c !== (container === IN_ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT)) break;
        container = stack[--depth]!;
        opened = false;
        i++;
        if (depth === openDepth) {
          this.ends[this.openSlots[--openCount]!] = i;
          openDepth = openCount === 0 ? -1 : this.ends[this.openSlots[openCount - 1]!]!;
        }
      }
      if (!opened) {
        if (c !== COMMA) return SCAN_MALFORMED;
        c = b[++i]!;
      }
      node = NO_NODE;
      if (container === IN_ARRAY) continue;

      // A name and its colon.
      while (c <= 0x20) {
        if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return SCAN_MALFORMED;
        c = b[++i]!;
      }
      if (c !== QUOTE) return SCAN_MALFORMED;
      const from = ++i;
      while (SPECIAL[b[i]!] === 0) i++;
      if (b[i] === QUOTE) {
        if (container >= 0) node = tree.child(container, b, from, i);
      } else {
        const last = stringEnd(b, i);
        if (last < 0) return SCAN_MALFORMED;
        i = last >>> 1;
        if (container >= 0) node = this.escapedChild(container, b, from, i);
      }
      c = b[++i]!;
      if (c !== COLON) {
        i = whitespaceEnd(b, i);
        if (b[i] !== COLON) return SCAN_MALFORMED;
      }
      c = b[++i]!;
    }
  }

  /** The name or value that comes again replaces all that was found in the earlier one. */
  private forget(node: number): void {
    const slots = this.tree.below[node]!;
    for (let i = 0; i < slots.length; i++) this.types[slots[i]!] = ABSENT;
  }

  private deepen(): Int32Array {
    const deeper = new Int32Array(this.stack.length * 2);
    deeper.set(this.stack);
    this.stack = deeper;
    return deeper;
  }

  private escapedChild(container: number, b: Buffer, start: number, end: number): number {
    if (end - start > this.scratch.length) this.scratch = Buffer.alloc((end - start) * 2);
    const length = unescapeJson(b, start, end, { to: this.scratch, at: 0 });
    return this.tree.child(container, this.scratch, 0, length);
  }

  private literal(b: Buffer, at: number, slot: number): number {
    let type = ABSENT;
    let last = at + 4;
    if (b[at] === 0x74 && b[at + 1] === 0x72 && b[at + 2] === 0x75 && b[at + 3] === LOWER_E) type = TRUE;
    else if (b[at] === 0x6e && b[at + 1] === 0x75 && b[at + 2] === 0x6c && b[at + 3] === 0x6c) type = NULL;
    else if (
      b[at] === 0x66 &&
      b[at + 1] === 0x61 &&
      b[at + 2] === 0x6c &&
      b[at + 3] === 0x73 &&
      b[at + 4] === LOWER_E
    ) {
      type = FALSE;
      last++;
    }
    if (type === ABSENT) return -1;
    if (slot >= 0) this.types[slot] = type;
    return last;
  }

  /** A wanted number, see `anyNumber`; most are integers of a few digits: two runs of up to nine, so that no product leaves 31 bits. */
  private number(b: Buffer, at: number, slot: number): number {
    let i = at;
    let c = b[i]! - ZERO;
    if (c > 0 && c <= 9) {
      let value = c;
      const firstEnd = i + INT_DIGITS;
      while (++i < firstEnd && (c = b[i]! - ZERO) >= 0 && c <= 9) value = (value * 10 + c) | 0;
      if (i === firstEnd) {
        let rest = 0;
        const restEnd = i + EXACT_DIGITS - INT_DIGITS;
        for (; i < restEnd && (c = b[i]! - ZERO) >= 0 && c <= 9; i++) rest = (rest * 10 + c) | 0;
        value = value * POWERS[i - firstEnd]! + rest;
      }
      c = b[i]!;
      if (c !== DOT && (c | 0x20) !== LOWER_E && !(c >= ZERO && c <= NINE)) {
        this.types[slot] = NUMBER;
        this.starts[slot] = at;
        this.ends[slot] = i;
        this.numbers[slot] = value;
        return i;
      }
    }
    return this.anyNumber(b, at, slot);
  }

  /**
   * A wanted number: up to 15 digits without an exponent are exact in a double, and so is their quotient by a power of ten, rounded once;
   * integers are exact up to 2^53.
   */
  private anyNumber(b: Buffer, at: number, slot: number): number {
    const last = numberEnd(b, at);
    if (last < 0) return -1;
    let i = b[at] === MINUS ? at + 1 : at;
    let digits = 0;
    let value = 0;
    let fraction = -1;
    for (; i < last; i++) {
      const c = b[i]!;
      if (c >= ZERO && c <= NINE) {
        value = value * 10 + (c - ZERO);
        digits++;
      } else if (c === DOT) fraction = digits;
      else break;
    }
    if (i < last || (digits > EXACT_DIGITS && (fraction >= 0 || value > Number.MAX_SAFE_INTEGER))) {
      value = this.digitsOnly[slot] === 1 ? Number.NaN : Number(b.toString('latin1', at, last));
    } else {
      if (fraction >= 0) value /= POWERS[digits - fraction]!;
      if (b[at] === MINUS) value = -value;
    }
    this.types[slot] = NUMBER;
    this.starts[slot] = at;
    this.ends[slot] = last;
    this.numbers[slot] = value;
    return last;
  }
}

/** Position of the first byte from `at` on that is no whitespace. */
function whitespaceEnd(b: Buffer, at: number): number {
  let i = at;
  while (b[i] === 0x20 || b[i] === 0x0a || b[i] === 0x0d || b[i] === 0x09) i++;
  return i;
}

/** Position of the first byte of the rest `[at, end)` that is no whitespace. */
function restEnd(b: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && (b[i] === 0x20 || b[i] === 0x0a || b[i] === 0x0d || b[i] === 0x09)) i++;
  return i;
}

/** Goes on in a string from a special byte: (position of the closing quote) × 2 + (1 when it has an escape), or −1. */
function stringEnd(b: Buffer, at: number): number {
  let hasEscape = 0;
  let i = at;
  for (;;) {
    while (SPECIAL[b[i]!] === 0) i++;
    const c = b[i]!;
    if (c === QUOTE) return i * 2 + hasEscape;
    if (c === BACKSLASH) {
      hasEscape = 1;
      const letter = b[i + 1]!;
      if (!isEscapeLetter(letter)) return -1;
      if (letter === 0x75) {
        if (hex4(b, i + 2) < 0) return -1;
        i += 4;
      }
      i += 2;
    } else {
      const size = c >= 0x80 ? utf8Size(b, i, b.length) : 0;
      if (size === 0) return -1;
      i += size;
    }
  }
}

/** Position after the number that begins at `at`, or −1 when it breaks the grammar. */
export function numberEnd(b: Buffer, at: number): number {
  let i = b[at] === MINUS ? at + 1 : at;
  let c = b[i]!;
  if (c === ZERO) c = b[++i]!;
  else if (c > ZERO && c <= NINE) {
    do c = b[++i]!;
    while (c >= ZERO && c <= NINE);
  } else return -1;
  if (c === DOT) {
    c = b[++i]!;
    if (!(c >= ZERO && c <= NINE)) return -1;
    do c = b[++i]!;
    while (c >= ZERO && c <= NINE);
  }
  if ((c | 0x20) === LOWER_E) {
    c = b[++i]!;
    if (c === 0x2b || c === MINUS) c = b[++i]!;
    if (!(c >= ZERO && c <= NINE)) return -1;
    do c = b[++i]!;
    while (c >= ZERO && c <= NINE);
  }
  return i;
}
