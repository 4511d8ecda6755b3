import { describe, expect, test } from 'vitest';
import {
  ABSENT,
  ARRAY,
  FALSE,
  JsonScanner,
  NULL,
  NUMBER,
  OBJECT,
  SCAN_MALFORMED,
  SCAN_OK,
  STRING,
  TRUE,
} from './json-scanner.ts';
import { REAL_DOCUMENTS } from './real-documents.cases.ts';

const ABSENT_VALUE = Symbol('absent');

/** What stands at a path, by JSON.parse. */
function expected(text: string, path: string): unknown {
  let at: unknown = JSON.parse(text);
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return ABSENT_VALUE;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function found(scanner: JsonScanner, slot: number, buffer: Buffer): unknown {
  const text = buffer.toString('utf8', scanner.starts[slot], scanner.ends[slot]);
  switch (scanner.types[slot]!) {
    case ABSENT:
      return ABSENT_VALUE;
    case NULL:
      return null;
    case TRUE:
    case FALSE:
      return scanner.types[slot] === TRUE;
    case NUMBER:
      // Its text and its value, which must be one.
      return Object.is(JSON.parse(text), scanner.numbers[slot]) ? scanner.numbers[slot] : { text };
    case STRING:
      return JSON.parse(`"${text}"`);
    case OBJECT:
    case ARRAY:
      return JSON.parse(text);
    default:
      throw new Error(`unknown type ${scanner.types[slot]}`);
  }
}

describe.each(Object.entries(REAL_DOCUMENTS))('%s', (_, { text, paths }) => {
  const bytes = Buffer.from(text);

  test('its fields are those of JSON.parse', () => {
    const scanner = new JsonScanner(paths);
    expect(scanner.scan(bytes, 0, bytes.length)).toBe(SCAN_OK);
    expect(paths.map((path, slot) => [path, found(scanner, slot, bytes)])).toEqual(
      paths.map((path) => [path, expected(text, path)]),
    );
  });

  test('so they are when each is the only one that is read', () => {
    for (const path of paths) {
      const scanner = new JsonScanner([path]);
      expect(scanner.scan(bytes, 0, bytes.length)).toBe(SCAN_OK);
      expect([path, found(scanner, 0, bytes)]).toEqual([path, expected(text, path)]);
    }
  });

  test('cut off anywhere it is malformed', () => {
    const scanner = new JsonScanner(paths);
    const end = bytes.lastIndexOf('}');
    for (let size = 1; size <= end; size++)
      expect([size, scanner.scan(bytes, 0, size)]).toEqual([size, SCAN_MALFORMED]);
  });
});
