import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResolvedEventTime } from '../../crds/index.ts';
import { EventTimeReader, MAX_EVENT_TIME_MS } from './event-time.ts';
import { JsonScanner, NUMBER, STRING } from './json-scanner.ts';

type Unit = Extract<ResolvedEventTime, { kind: 'field' }>['unit'];

function read(unit: Unit, json: string, digitsOnly: readonly string[] = []): number | string {
  const scanner = new JsonScanner(['ts'], { digitsOnly });
  const reader = new EventTimeReader({ kind: 'field', field: 'ts', unit }, scanner, 0);
  const buffer = Buffer.from(json);
  expect(scanner.scan(buffer, 0, buffer.length)).toBe(0);
  const timeMs = timeOf(reader, buffer, 77);
  return Number.isNaN(timeMs) ? reader.problem : timeMs;
}

function timeOf(reader: EventTimeReader, buffer: Buffer, recordTimestampMs: number): number {
  const found = reader.read(buffer, recordTimestampMs);
  const timeMs = reader.times[0]!;
  expect(Number.isNaN(timeMs)).toBe(!found);
  return timeMs;
}

/** ⌊text · 10^shift⌋ by whole numbers. */
function exactly(text: string, shift: number): bigint {
  const [, sign, whole, part = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const places = part.length - Number(exponent) - shift;
  const digits = BigInt(`${sign}${whole}${part}`) * 10n ** BigInt(Math.max(-places, 0));
  const unit = 10n ** BigInt(Math.max(places, 0));
  const floor = digits / unit;
  return digits % unit < 0n ? floor - 1n : floor;
}

const SHIFTS = { s: 3, ms: 0, us: -3, ns: -6 } as const;

describe('EventTimeReader', () => {
  test.each<[Unit, string, number | string]>([
    ['ms', '1700000000000', 1700000000000],
    ['s', '1700000000', 1700000000000],
    ['s', '1.001', 1001],
    ['s', '1700000000.123', 1700000000123],
    ['s', '1700000000.1239', 1700000000123],
    ['ms', '5.9', 5],
    ['ms', '-5.1', -6],
    ['ms', '-0.5', -1],
    ['ms', '-0', 0],
    ['ms', '0.99999999999999999999999', 0],
    ['ms', '-0.00000000000000000000001', -1],
    ['ms', '1e3', 1000],
    ['ms', '30e-1', 3],
    ['s', '1.7e9', 1700000000000],
    ['ms', '1e-400', 0],
    ['ms', '-1e-400', -1],
    ['us', '1767225600123456', 1767225600123],
    ['us', '-1', -1],
    ['us', '-1000', -1],
    ['us', '-1001', -2],
    ['us', '999.999', 0],
    ['us', '"1767225600123999.9"', 1767225600123],
    ['us', '8640000000000000999', MAX_EVENT_TIME_MS],
    ['us', '8640000000000001000', 'eventTimeRange'],
    ['ns', '1767225600123456789', 1767225600123],
    ['ns', '1767225600123999999', 1767225600123],
    ['ns', '-1767225600123000001', -1767225600124],
    ['ns', '"1767225600123456789"', 1767225600123],
    ['ns', '1.7672256001239999999e18', 1767225600123],
    ['ns', '"8640000000000000999999"', MAX_EVENT_TIME_MS],
    ['ns', '999999', 0],
    ['ns', '9007199254740993', 9007199254],
    ['ns', '"01"', 'eventTimeType'],
    ['ns', 'false', 'eventTimeType'],
    ['ms', '0e999999999', 0],
    ['ms', '8640000000000000', MAX_EVENT_TIME_MS],
    ['ms', '-8640000000000000', -MAX_EVENT_TIME_MS],
    ['ms', '8640000000000001', 'eventTimeRange'],
    ['ms', '9007199254740993', 'eventTimeRange'],
    ['s', '8640000000001', 'eventTimeRange'],
    ['ms', '1e400', 'eventTimeRange'],
    ['ms', '-1e999999999', 'eventTimeRange'],
    ['ms', '"1700000000000"', 1700000000000],
    ['s', '"1.5"', 1500],
    ['ms', '"\\u0031\\u0032"', 12],
    ['ms', '""', 'eventTimeType'],
    ['ms', '" 1"', 'eventTimeType'],
    ['ms', '"01"', 'eventTimeType'],
    ['ms', '"1x"', 'eventTimeType'],
    ['ms', '"2026-01-01"', 'eventTimeType'],
    ['ms', 'true', 'eventTimeType'],
    ['ms', '{"x":1}', 'eventTimeType'],
    ['ms', '[1]', 'eventTimeType'],
    ['ms', 'null', 'eventTimeMissing'],
  ])('in %s, %s is %s', (unit, text, expected) => {
    expect(read(unit, `{"ts":${text}}`)).toBe(expected);
  });

  test('an absent field is missing', () => expect(read('ms', '{}')).toBe('eventTimeMissing'));

  test('any number is floored from its digits, as a number and as text, whether or not its value is wanted', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d{1,2})?$/),
        fc.constantFrom('s', 'ms', 'us', 'ns'),
        (text, unit) => {
          const exact = exactly(text, SHIFTS[unit]);
          const inRange = exact >= -BigInt(MAX_EVENT_TIME_MS) && exact <= BigInt(MAX_EVENT_TIME_MS);
          const expected = inRange ? Number(exact) : 'eventTimeRange';
          expect([
            read(unit, `{"ts":${text}}`),
            read(unit, `{"ts":${text}}`, ['ts']),
            read(unit, `{"ts":"${text}"}`),
          ]).toEqual([expected, expected, expected]);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('times of today are exact to the last digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 4_102_444_800_000_000_000n }), fc.constantFrom('us', 'ns'), (ns, unit) => {
        const digits = unit === 'ns' ? ns : ns / 1000n;
        expect(read(unit, `{"ts":${digits}}`)).toBe(Number(digits / (unit === 'ns' ? 1_000_000n : 1000n)));
      }),
    );
  });

  test.each<[string, number | string]>([
    ['"2026-01-01T00:00:00.123456Z"', Date.UTC(2026, 0, 1, 0, 0, 0, 123)],
    ['"2026-01-01T00:00:00\\u005a"', Date.UTC(2026, 0, 1)],
    ['"2026-01-01T00:00\\u003a00"', Date.UTC(2026, 0, 1)],
    ['"1767225600000"', 'eventTimeFormat'],
    ['1767225600000', 'eventTimeFormat'],
    ['true', 'eventTimeFormat'],
    ['{}', 'eventTimeFormat'],
    ['""', 'eventTimeFormat'],
    ['null', 'eventTimeMissing'],
  ])('ISO 8601 in %s is %s', (text, expected) => expect(read('iso8601', `{"ts":${text}}`)).toBe(expected));

  test('what an earlier escaped text left behind is no part of a shorter one', () => {
    const scanner = new JsonScanner(['ts']);
    const reader = new EventTimeReader({ kind: 'field', field: 'ts', unit: 'ms' }, scanner, 0);
    const times = ['"\\u0031234567"', '"\\u0035"', `"\\u0031${'0'.repeat(63)}"`].map((text) => {
      const buffer = Buffer.from(`{"ts":${text}}`);
      scanner.scan(buffer, 0, buffer.length);
      return timeOf(reader, buffer, 0);
    });
    expect(times).toEqual([1234567, 5, Number.NaN]);
  });

  test('a record timestamp in a field is an integer of the unit', () => {
    const scanner = new JsonScanner([], { more: ['$timestamp'] });
    scanner.types[0] = NUMBER;
    const inUnit = (unit: Unit, timestampMs: number) => {
      scanner.numbers[0] = timestampMs;
      const reader = new EventTimeReader({ kind: 'field', field: '$timestamp', unit }, scanner, 0);
      return timeOf(reader, Buffer.alloc(0), 0);
    };
    expect([inUnit('s', 5), inUnit('ms', 5), inUnit('ms', 0), inUnit('us', 1999), inUnit('ns', 7_000_000)]).toEqual([
      5000, 5, 0, 1, 7,
    ]);
  });

  test('a number in a header ends with the header, whatever comes behind it', () => {
    const scanner = new JsonScanner([], { more: ['$headers.at'] });
    const reader = new EventTimeReader({ kind: 'field', field: '$headers.at', unit: 'ms' }, scanner, 0);
    const times = ['0', '9', '.', 'e', 'x', '"', '\0', ''].map((behind) => {
      const buffer = Buffer.from(`12${behind}`);
      scanner.types[0] = STRING;
      scanner.starts[0] = 0;
      scanner.ends[0] = 2;
      return timeOf(reader, buffer, 0);
    });
    expect(times).toEqual(times.map(() => 12));
  });

  test('the record timestamp is the event time when the job says so', () => {
    const reader = new EventTimeReader({ kind: 'recordTimestamp' }, new JsonScanner([]), -1);
    expect([
      timeOf(reader, Buffer.alloc(0), 0),
      timeOf(reader, Buffer.alloc(0), 5),
      timeOf(reader, Buffer.alloc(0), -1),
      reader.problem,
    ]).toEqual([0, 5, Number.NaN, 'eventTimeMissing']);
  });
});
