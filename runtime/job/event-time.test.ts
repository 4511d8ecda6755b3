import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventTimeReader, MAX_EVENT_TIME_MS } from './event-time.ts';
import { JsonScanner } from './json-scanner.ts';

function read(unit: 's' | 'ms', json: string): number | string {
  const scanner = new JsonScanner(['ts']);
  const reader = new EventTimeReader({ kind: 'field', field: 'ts', unit }, scanner, 0);
  const buffer = Buffer.from(json);
  expect(scanner.scan(buffer, 0, buffer.length)).toBe(0);
  const timeMs = reader.read(buffer, 77);
  return Number.isNaN(timeMs) ? reader.problem : timeMs;
}

/** ⌊text · factor⌋ by whole numbers. */
function exactly(text: string, factor: bigint): bigint {
  const [, sign, whole, part = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text)!;
  const places = part.length - Number(exponent);
  const digits = BigInt(`${sign}${whole}${part}`) * factor * 10n ** BigInt(Math.max(-places, 0));
  const unit = 10n ** BigInt(Math.max(places, 0));
  const floor = digits / unit;
  return digits % unit < 0n ? floor - 1n : floor;
}

describe('EventTimeReader', () => {
  test.each<['s' | 'ms', string, number | string]>([
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

  test('any number is floored from its digits, as a number and as text', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^-?(0|[1-9]\d{0,13})(\.\d{1,20})?(e[+-]?\d{1,2})?$/),
        fc.constantFrom('s', 'ms'),
        (text, unit) => {
          const exact = exactly(text, unit === 's' ? 1000n : 1n);
          const inRange = exact >= -BigInt(MAX_EVENT_TIME_MS) && exact <= BigInt(MAX_EVENT_TIME_MS);
          const expected = inRange ? Number(exact) : 'eventTimeRange';
          expect([read(unit, `{"ts":${text}}`), read(unit, `{"ts":"${text}"}`)]).toEqual([expected, expected]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('the record timestamp is the event time when the job says so', () => {
    const reader = new EventTimeReader({ kind: 'recordTimestamp' }, new JsonScanner([]), -1);
    expect([
      reader.read(Buffer.alloc(0), 0),
      reader.read(Buffer.alloc(0), 5),
      reader.read(Buffer.alloc(0), -1),
      reader.problem,
    ]).toEqual([0, 5, Number.NaN, 'eventTimeMissing']);
  });
});
