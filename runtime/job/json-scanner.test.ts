import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unescapeJson } from './json-bytes.ts';
import {
  ABSENT,
  ARRAY,
  FALSE,
  JsonScanner,
  NULL,
  NUMBER,
  OBJECT,
  SCAN_MALFORMED,
  SCAN_NOT_AN_OBJECT,
  SCAN_OK,
  STRING,
  TRUE,
} from './json-scanner.ts';

const PATHS = ['a', 'b.c', 'b', 'ключ', 'd.e.f', '__proto__', 'aa', 'toString'];
const scanner = new JsonScanner(PATHS);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Found {
  readonly outcome: number;
  readonly fields?: readonly unknown[];
}

const VALUES = new Map<number, unknown>([
  [ABSENT, 'absent'],
  [NULL, null],
  [FALSE, false],
  [TRUE, true],
]);

function stringAt(buffer: Buffer, field: number): string {
  const start = scanner.starts[field]!;
  const end = scanner.ends[field]!;
  expect(scanner.escaped[field]).toBe(buffer.subarray(start, end).includes(0x5c) ? 1 : 0);
  return JSON.parse(`"${buffer.toString('utf8', start, end)}"`) as string;
}

function numberAt(buffer: Buffer, field: number): number {
  const value = scanner.numbers[field]!;
  expect(Number(buffer.toString('latin1', scanner.starts[field], scanner.ends[field]))).toBe(value);
  return value;
}

/** The whole text of an object or list, as JSON.parse reads it. */
function containerAt(buffer: Buffer, field: number): string {
  const text = buffer.toString('utf8', scanner.starts[field], scanner.ends[field]);
  return JSON.stringify(JSON.parse(withoutNeedlessEscapes(text)));
}

/** The document lies between other bytes, which must not matter, whatever they are. */
function scan(text: Buffer, around = ' \n'): Found {
  const buffer = Buffer.concat([Buffer.from(around), text, Buffer.from(around)]);
  const start = Buffer.byteLength(around);
  const outcome = scanner.scan(buffer, start, start + text.length);
  if (outcome !== SCAN_OK) return { outcome };
  return {
    outcome,
    fields: PATHS.map((_, field) => {
      const type = scanner.types[field]!;
      if (type === NUMBER) return numberAt(buffer, field);
      if (type === STRING) return stringAt(buffer, field);
      if (type === OBJECT || type === ARRAY) return { text: containerAt(buffer, field) };
      return VALUES.get(type);
    }),
  };
}

/**
 * Characters for their escapes, where both mean the same. JSON.parse of Node 24 decides well whether a document is valid, but
 * having seen many objects it can misread an escaped name (`{"b":0,"\u0044":1}` may get a member `\`), so it is spared them.
 */
function withoutNeedlessEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|.)/g, (escape: string, hex: string | undefined) => {
    const code = hex === undefined ? 0 : Number.parseInt(hex, 16);
    const needed = code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code < 0xe000);
    return needed ? escape : String.fromCharCode(code);
  });
}

/** The same by JSON.parse. */
function parsed(bytes: Buffer): Found {
  let value: unknown;
  try {
    const text = utf8.decode(bytes);
    JSON.parse(text);
    value = JSON.parse(withoutNeedlessEscapes(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return { outcome: SCAN_MALFORMED };
    throw error;
  }
  const isObject = (one: unknown): one is Record<string, unknown> =>
    typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!isObject(value)) return { outcome: SCAN_NOT_AN_OBJECT };
  return {
    outcome: SCAN_OK,
    fields: PATHS.map((path) => {
      let at: unknown = value;
      for (const name of path.split('.')) {
        if (!isObject(at) || !Object.hasOwn(at, name)) return 'absent';
        at = at[name];
      }
      return Array.isArray(at) || isObject(at) ? { text: JSON.stringify(at) } : at;
    }),
  };
}

const name = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'ключ', 'aa', '__proto__', 'toString'),
  fc.string({ maxLength: 5 }),
);
const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt().map(Number).filter(Number.isFinite),
  fc.boolean(),
  fc.constant(null),
);
/** A JSON value as its text: names may repeat, strings are escaped at random, whitespace is anywhere. */
const { document } = fc.letrec<{ document: string; value: string }>((tie) => {
  const space = fc.constantFrom('', '', '', ' ', '\n\t ', '\r');
  const text = (inner: fc.Arbitrary<string>) =>
    fc.tuple(inner, fc.boolean(), fc.nat()).map(([one, escape, at]) => {
      const json = JSON.stringify(one);
      if (!escape || one.length === 0) return json;
      const chosen = at % one.length;
      const codes = [...Array(one.length).keys()].map((index) => {
        const code = one.charCodeAt(index);
        const surrogate = code >= 0xd800 && code < 0xe000;
        return index === chosen || surrogate
          ? `\\u${code.toString(16).padStart(4, '0')}`
          : JSON.stringify(one[index]).slice(1, -1);
      });
      return `"${codes.join('')}"`;
    });
  const member = fc
    .tuple(space, text(name), space, tie('value'), space)
    .map(([s, key, t, value, u]) => `${s}${key}${t}:${s}${value}${u}`);
  const object = fc
    .tuple(space, fc.array(member, { maxLength: 6 }))
    .map(([s, members]) => `{${members.length === 0 ? s : members.join(',')}}`);
  return {
    document: fc
      .tuple(space, fc.oneof({ weight: 9, arbitrary: object }, { weight: 1, arbitrary: tie('value') }), space)
      .map((parts) => parts.join('')),
    value: fc.oneof(
      { depthSize: 'small' },
      scalar.map((one) => JSON.stringify(one)),
      text(fc.string({ unit: 'binary', maxLength: 6 })),
      fc.constantFrom(
        '-0',
        '0.5e+10',
        '1E400',
        '123456789012345',
        '1234567890123456',
        '0.1234567890123456789',
        '-12.50',
        '1e-7',
        '2.5',
        '9007199254740993',
      ),
      object,
      fc
        .tuple(space, fc.array(tie('value'), { maxLength: 4 }))
        .map(([s, items]) => `[${items.length === 0 ? s : items.join(`${s},`)}]`),
    ),
  };
});

describe('JsonScanner', () => {
  test('finds what JSON.parse finds', () => {
    fc.assert(
      fc.property(document, (text) => {
        const bytes = Buffer.from(text);
        expect(scan(bytes)).toEqual(parsed(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test('accepts and refuses what JSON.parse does after any bytes were changed, added or left out', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('replace', 'insert', 'remove'),
      fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:\\u0eE+-. \n\x00\x1f')), fc.nat({ max: 255 })),
    );
    fc.assert(
      fc.property(
        document,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(' \n', '"', '}', '0', ''),
        (text, changes, around) => {
          let bytes = Buffer.from(text);
          for (const [position, kind, byte] of changes) {
            const at = position % (bytes.length + 1);
            bytes = Buffer.concat([
              bytes.subarray(0, at),
              Buffer.from(kind === 'remove' ? [] : [byte]),
              bytes.subarray(kind === 'insert' ? at : at + 1),
            ]);
          }
          expect(scan(bytes, around)).toEqual(parsed(bytes));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('accepts and refuses what JSON.parse does for documents cut anywhere', () => {
    fc.assert(
      fc.property(document, fc.nat(), fc.constantFrom('', ' ', '}', '"}', '1}'), (text, at, around) => {
        const whole = Buffer.from(text);
        const bytes = Buffer.from(whole.subarray(0, at % (whole.length + 1)));
        expect(scan(bytes, around)).toEqual(parsed(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test.each<[string, string]>([
    ['a trailing comma', '{"a":1,}'],
    ['a trailing comma in an array', '{"x":[1,]}'],
    ['no comma', '{"a":1 "b":2}'],
    ['two documents', '{}{}'],
    ['text behind', '{"a":1} x'],
    ['single quotes', "{'a':1}"],
    ['a name without quotes', '{a:1}'],
    ['a leading zero', '{"a":01}'],
    ['a lone minus', '{"a":-}'],
    ['a plus sign', '{"a":+1}'],
    ['a point without digits', '{"a":1.}'],
    ['a point first', '{"a":.5}'],
    ['an exponent without digits', '{"a":1e}'],
    ['hexadecimal', '{"a":0x10}'],
    ['NaN', '{"a":NaN}'],
    ['a line feed in a string', '{"a":"x\ny"}'],
    ['an unknown escape', '{"a":"\\x"}'],
    ['half a unicode escape', '{"a":"\\u12"}'],
    ['half a word', '{"a":tru}'],
    ['a longer word', '{"a":nulls}'],
    ['the wrong bracket', '{"a":[1}'],
    ['a bracket too many', '{"a":1}}'],
    ['nothing', ''],
    ['only whitespace', '  \n'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['no value', '{"a":}'],
    ['no colon', '{"a"}'],
    ['only a comma', '{,}'],
    ['a comment', '{"a":1/**/}'],
    ['other whitespace', '{"a":\u00a01}'],
    ['a vertical tab', '{"a":\v1}'],
  ])('%s is malformed', (_, text) => {
    expect(scan(Buffer.from(text))).toEqual({ outcome: SCAN_MALFORMED });
    expect(parsed(Buffer.from(text))).toEqual({ outcome: SCAN_MALFORMED });
  });

  test.each([
    ['an array', '[1,2]'],
    ['text', '"a"'],
    ['null', 'null'],
    ['a number', ' 1.5 '],
    ['an empty array', '[]'],
  ])('%s is not an object', (_, text) => {
    expect(scan(Buffer.from(text))).toEqual({ outcome: SCAN_NOT_AN_OBJECT });
  });

  test.each<[string, string]>([
    ['a stray continuation byte', '80'],
    ['an overlong slash', 'c0af'],
    ['a surrogate', 'eda080'],
    ['beyond U+10FFFF', 'f4908080'],
    ['a cut sequence', 'e282'],
  ])('%s inside a string is malformed', (_, hex) => {
    const bytes = Buffer.concat([Buffer.from('{"x":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')]);
    expect([scan(bytes), parsed(bytes)]).toEqual([{ outcome: SCAN_MALFORMED }, { outcome: SCAN_MALFORMED }]);
  });

  test('the last of duplicate names wins, with all that lies below it', () => {
    const documents = [
      '{"b":{"c":1},"b":2}',
      '{"b":{"c":1},"b":{}}',
      '{"b":2,"b":{"c":1}}',
      '{"d":{"e":{"f":1}},"d":{"e":1}}',
      '{"a":1,"a":"x","\\u0061":null}',
    ];
    for (const text of documents) expect(scan(Buffer.from(text))).toEqual(parsed(Buffer.from(text)));
    expect(scan(Buffer.from('{"b":{"c":1},"b":2}')).fields).toEqual([
      'absent',
      'absent',
      2,
      'absent',
      'absent',
      'absent',
      'absent',
      'absent',
    ]);
  });

  test('nesting of any depth is read or refused, never a crash', () => {
    for (const depth of [63, 64, 65, 10_000, 200_000]) {
      const open = '['.repeat(depth);
      const close = ']'.repeat(depth);
      expect(scan(Buffer.from(`{"x":${open}${close},"a":7}`)).fields?.[0]).toBe(7);
      expect(scan(Buffer.from(`{"x":${open}${close.slice(1)},"a":7}`))).toEqual({ outcome: SCAN_MALFORMED });
      expect(scan(Buffer.from(`{"x":${'{"b":'.repeat(depth)}1${'}'.repeat(depth)},"a":7}`)).fields?.[0]).toBe(7);
    }
  });

  test('numbers are exactly those of JSON.parse', () => {
    fc.assert(
      fc.property(fc.oneof(fc.stringMatching(/^-?(0|[1-9]\d{0,18})(\.\d{1,22})?([eE][+-]?\d{1,3})?$/)), (number) => {
        const [value] = scan(Buffer.from(`{"a":${number}}`)).fields as [number];
        expect(value).toBe(JSON.parse(number));
      }),
      { numRuns: 3000 },
    );
  });

  test('objects and lists are found with their whole text, one within the other too', () => {
    const paths = ['o', 'o.l', 'o.l.x', 'l', 'e', 'f'];
    const nested = new JsonScanner(paths);
    const text = '{"o": {"a":{}, "l" : [1,{"o":[]}, "]"] ,"z":0} , "l":[ ],"e":{"x":[[[]]]},"f":[{"y":"}"}]}';
    const bytes = Buffer.from(text);
    expect(nested.scan(bytes, 0, bytes.length)).toBe(SCAN_OK);
    expect(paths.map((_, slot) => bytes.toString('utf8', nested.starts[slot], nested.ends[slot]))).toEqual([
      '{"a":{}, "l" : [1,{"o":[]}, "]"] ,"z":0}',
      '[1,{"o":[]}, "]"]',
      '',
      '[ ]',
      '{"x":[[[]]]}',
      '[{"y":"}"}]',
    ]);
  });

  test('slots behind those of the scanner stay as they are', () => {
    const wider = new JsonScanner(['a'], { more: ['$key', '$partition'] });
    wider.types.set([ABSENT, STRING, NUMBER]);
    const bytes = Buffer.from('{"$key":1,"a":true}');
    expect([wider.scan(bytes, 0, bytes.length), ...wider.types]).toEqual([SCAN_OK, TRUE, STRING, NUMBER]);
  });

  test('a field of which only the digits are wanted has them, and its value as long as that costs nothing', () => {
    const digits = new JsonScanner(['a', 'b', 'c'], { digitsOnly: ['a', 'b'] });
    const bytes = Buffer.from('{"a":1767225600123456789,"b":12,"c":1767225600123456789}');
    digits.scan(bytes, 0, bytes.length);
    expect(bytes.toString('latin1', digits.starts[0], digits.ends[0])).toBe('1767225600123456789');
    expect([...digits.numbers]).toEqual([Number.NaN, 12, Number('1767225600123456789')]);
  });

  test('no wanted fields: the document is checked all the same', () => {
    const none = new JsonScanner([]);
    expect([none.scan(Buffer.from('{"a":[]}'), 0, 8), none.scan(Buffer.from('{"a":[}}'), 0, 8)]).toEqual([
      SCAN_OK,
      SCAN_MALFORMED,
    ]);
  });

  test('long names and many names of one length', () => {
    const paths = Array.from({ length: 300 }, (_, index) => `n${String(index).padStart(3, '0')}`).concat(
      'x'.repeat(255),
      'x'.repeat(300),
    );
    const many = new JsonScanner(paths);
    const bytes = Buffer.from(JSON.stringify(Object.fromEntries(paths.map((path, index) => [path, index]))));
    expect(many.scan(bytes, 0, bytes.length)).toBe(SCAN_OK);
    expect([...many.numbers]).toEqual([...paths.keys()]);
  });
});

test('unescaping gives the UTF-8 of the string, with lone surrogates kept apart', () => {
  const decode = (json: string): string => {
    const from = Buffer.from(json);
    const to = Buffer.alloc(from.length);
    return to.toString('hex', 0, unescapeJson(from, 1, from.length - 1, { to, at: 0 }));
  };
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decode(JSON.stringify(text).replaceAll('/', '\\/'))).toBe(Buffer.from(text).toString('hex'));
    }),
  );
  expect([
    decode('"\\ud83d\\ude00"'),
    decode('"\\ud83d"'),
    decode('"\\ude00\\ud83d"'),
    decode('"\\ud83d\\u0041"'),
  ]).toEqual(['f09f9880', 'eda0bd', 'edb880eda0bd', 'eda0bd41']);
});
