import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { murmur2, murmur2Partition } from '../log/batch/index.ts';
import { KEY_FORMAT, KEY_MISSING, KEY_OK, KEY_TYPE, KeyEncoder, RECORD_KEY } from './canonical-key.ts';
import { JsonScanner } from './json-scanner.ts';
import { KeyWriter } from './key-writer.ts';

const FIXTURE = new URL('fixtures/keys-v1.json', import.meta.url);

interface Encoded {
  readonly outcome: number;
  readonly badField: number;
  readonly key: Buffer;
}

/** Encodes the key of `json` (and of a record key) by these fields. */
function encode(keyBy: readonly string[], json: string, recordKey: Buffer | null = null): Encoded {
  const scanner = new JsonScanner(keyBy.filter((name) => name !== '$key'));
  const encoder = new KeyEncoder(
    keyBy.map((name) => (name === '$key' ? RECORD_KEY : scanner.paths.indexOf(name))),
    scanner,
  );
  const buffer = Buffer.concat([Buffer.from(json), recordKey ?? Buffer.alloc(0)]);
  const size = Buffer.byteLength(json);
  expect(scanner.scan(buffer, 0, size)).toBe(0);
  const outcome = encoder.encode(buffer, recordKey === null ? -1 : size, buffer.length);
  return { outcome, badField: encoder.badField, key: Buffer.from(encoder.bytes.subarray(0, encoder.length)) };
}

function written(keyBy: readonly string[], key: Buffer): { fields: string; recordKey: Buffer } {
  const writer = new KeyWriter(keyBy);
  const to = Buffer.alloc(writer.maxBytes(key.length) + 2, '.');
  const padded = Buffer.concat([Buffer.from('..'), key]);
  const fields = to.toString('utf8', 1, writer.writeFields(padded, 2, { to, at: 1 }));
  return { fields, recordKey: Buffer.from(to.subarray(0, writer.writeRecordKey(padded, 2, { to, at: 0 }))) };
}

const keyOf = (json: string): string => encode(['k'], `{"k":${json}}`).key.toString('hex');

/** What the fixture pins: each key's bytes, hash and partition of 32. */
const PINNED: readonly [json: string, keyBy?: readonly string[]][] = [
  ['{"k":""}'],
  ['{"k":"u1"}'],
  ['{"k":"1"}'],
  ['{"k":1}'],
  ['{"k":1.0}'],
  ['{"k":1e0}'],
  ['{"k":-0}'],
  ['{"k":0.1}'],
  ['{"k":-12.50}'],
  ['{"k":1e-7}'],
  ['{"k":9007199254740991}'],
  ['{"k":9007199254740993}'],
  ['{"k":1.0e300}'],
  ['{"k":1E400}'],
  ['{"k":true}'],
  ['{"k":false}'],
  ['{"k":"true"}'],
  ['{"k":"\\u0061\\n\\"\\\\\\/"}'],
  ['{"k":"\\ud83d\\ude00"}'],
  ['{"k":"😀"}'],
  ['{"k":"\\ud83d"}'],
  ['{"k":"日本語"}'],
  [`{"k":"${'x'.repeat(200)}"}`],
  ['{"a":"x","b":1}', ['a', 'b']],
  ['{"a":"x,y","b":"z"}', ['a', 'b']],
  ['{"a":"x","b":"y,z"}', ['a', 'b']],
  ['{"u":{"id":"x"}}', ['u.id']],
];

describe('canonical keys', () => {
  test('the bytes and partitions of version 1 are what they were', () => {
    const now = {
      format: KEY_FORMAT,
      keys: PINNED.map(([json, keyBy = ['k']]) => {
        const { key } = encode(keyBy, json);
        return {
          json,
          keyBy,
          bytes: key.toString('hex'),
          murmur2: murmur2(key, 0, key.length),
          partitionOf32: murmur2Partition(key, 0, key.length, 32),
        };
      }),
    };
    if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(FIXTURE, `${JSON.stringify(now, null, 2)}\n`);
    expect(now).toEqual(JSON.parse(readFileSync(FIXTURE, 'utf8')));
  });

  test.each<[string, string, string]>([
    ['numbers of one value', '1', '1.000'],
    ['numbers in exponent form', '100', '1E+2'],
    ['zero and negative zero', '0', '-0.0'],
    ['an escaped letter and the letter', '"a"', '"\\u0061"'],
    ['a surrogate pair and the character', '"\\ud83d\\ude00"', '"😀"'],
  ])('%s are one key', (_, a, b) => expect(keyOf(a)).toBe(keyOf(b)));

  test.each<[string, string, string]>([
    ['a number and its text', '1', '"1"'],
    ['true and its text', 'true', '"true"'],
    ['big integers that agree in a double', '9007199254740993', '9007199254740992'],
    ['two lone surrogates', '"\\ud83d"', '"\\ud83e"'],
    ['composed and decomposed letters', '"é"', '"e\u0301"'],
  ])('%s are two keys', (_, a, b) => expect(keyOf(a)).not.toBe(keyOf(b)));

  test.each<[string, string, number]>([
    ['null', '{"a":1,"b":null}', KEY_MISSING],
    ['absent', '{"a":1}', KEY_MISSING],
    ['an object', '{"a":1,"b":{}}', KEY_TYPE],
    ['a list', '{"a":1,"b":[]}', KEY_TYPE],
  ])('a key that is %s is refused, and the field is named', (_, json, outcome) => {
    expect(encode(['a', 'b'], json)).toMatchObject({ outcome, badField: 1 });
  });

  test('the record key is a key of its own bytes; a null one is missing', () => {
    expect(encode(['$key'], '{}')).toMatchObject({ outcome: KEY_MISSING, badField: 0 });
    expect(encode(['$key'], '{}', Buffer.from('u1')).key).toEqual(encode(['k'], '{"k":"u1"}').key);
    expect(encode(['$key'], '{}', Buffer.alloc(0))).toMatchObject({ outcome: KEY_OK });
    expect(encode(['$key'], '{}', Buffer.from([0xff])).key).not.toEqual(
      encode(['$key'], '{}', Buffer.from([0xfe])).key,
    );
  });

  const scalar = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.boolean(),
  );

  test('what is written is the JSON of the key, by field and as record key', () => {
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1, maxLength: 4 }), (values) => {
        const keyBy = values.map((_, index) => `k ${index}`);
        const { key, outcome } = encode(
          keyBy,
          JSON.stringify(Object.fromEntries(values.map((value, index) => [keyBy[index], value]))),
        );
        expect(outcome).toBe(KEY_OK);
        const { fields, recordKey } = written(keyBy, key);
        const normal = values.map((value) => (Object.is(value, -0) ? 0 : value));
        expect(Object.values(JSON.parse(`{${fields}}`) as object)).toEqual(normal);
        const [only] = normal;
        const wellFormed = typeof only !== 'string' || only.isWellFormed();
        const expected = normal.length > 1 ? JSON.stringify(normal) : String(only);
        expect(wellFormed || normal.length > 1 ? recordKey.toString() : expected).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('equal values give equal bytes, other values other bytes', () => {
    const value = fc.tuple(scalar, scalar);
    fc.assert(
      fc.property(value, value, (a, b) => {
        const bytes = ([x, y]: readonly [unknown, unknown]) =>
          encode(['x', 'y'], JSON.stringify({ x, y })).key.toString('hex');
        const same = a.every((one, index) => one === b[index]);
        expect(bytes(a) === bytes(b)).toBe(same);
        expect(bytes(a)).toBe(bytes([...a]));
      }),
    );
  });

  test('bytes that are no UTF-8 are written as U+FFFD in JSON and kept in the record key', () => {
    const { key } = encode(['$key'], '{}', Buffer.from([0x61, 0xff, 0xe2, 0x82]));
    const { fields, recordKey } = written(['$key'], key);
    expect(JSON.parse(`{${fields}}`)).toEqual({ $key: 'a\ufffd\ufffd\ufffd' });
    expect([...recordKey]).toEqual([0x61, 0xff, 0xe2, 0x82]);
  });

  test('names are written as JSON', () => {
    expect(written(['a"b'], encode(['a"b'], '{"a\\"b":1}').key).fields).toBe('"a\\"b":1');
  });

  test('numbers beyond the safe range are written as they were', () => {
    expect(written(['k'], encode(['k'], '{"k":9007199254740993}').key)).toEqual({
      fields: '"k":9007199254740993',
      recordKey: Buffer.from('9007199254740993'),
    });
  });
});
