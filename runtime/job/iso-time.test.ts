import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isoTimeMs } from './iso-time.ts';

/** The text lies between other digits, which must not matter. */
function parse(text: string): number {
  const buffer = Buffer.from(`12${text}34`);
  return isoTimeMs(buffer, 2, 2 + Buffer.byteLength(text));
}

const NEW_YEAR = Date.UTC(2026, 0, 1);
const NOON = Date.UTC(2026, 5, 15, 12, 30, 45);

describe('ISO 8601', () => {
  test.each<[string, string, number]>([
    ['UTC', '2026-01-01T00:00:00Z', NEW_YEAR],
    ['an offset east', '2026-06-15T14:30:45+02:00', NOON],
    ['an offset west', '2026-06-15T08:00:45-04:30', NOON],
    ['an offset without a colon', '2026-06-15T14:30:45+0200', NOON],
    ['an offset of hours', '2026-06-15T14:30:45+02', NOON],
    ['an unknown offset', '2026-06-15T12:30:45-00:00', NOON],
    ['no zone: UTC', '2026-06-15T12:30:45', NOON],
    ['no seconds', '2026-06-15T12:30Z', NOON - 45_000],
    ['no seconds and no zone', '2026-06-15T12:30', NOON - 45_000],
    ['a date', '2026-01-01', NEW_YEAR],
    ['a space', '2026-06-15 12:30:45Z', NOON],
    ['lower case', '2026-06-15t12:30:45z', NOON],
    ['one decimal', '2026-06-15T12:30:45.5Z', NOON + 500],
    ['three decimals', '2026-06-15T12:30:45.678Z', NOON + 678],
    ['six decimals', '2026-06-15T12:30:45.678999Z', NOON + 678],
    ['thirty decimals', `2026-06-15T12:30:45.${'9'.repeat(30)}Z`, NOON + 999],
    ['a decimal comma', '2026-06-15T12:30:45,25+00:00', NOON + 250],
    ['decimals and no zone', '2026-06-15T12:30:45.25', NOON + 250],
    ['a moment before 1970, floored', '1969-12-31T23:59:59.9999Z', -1],
    ['a leap day', '2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['a leap day of a century', '2000-02-29', Date.UTC(2000, 1, 29)],
    ['the first year', '0000-01-01T00:00:00Z', -62_167_219_200_000],
    ['the last moment', '9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  ])('%s: %s', (_, text, timeMs) => expect(parse(text)).toBe(timeMs));

  test.each<[string, string]>([
    ['nothing', ''],
    ['a number', '1767225600'],
    ['a year', '2026'],
    ['a month', '2026-01'],
    ['month 0', '2026-00-01'],
    ['month 13', '2026-13-01'],
    ['day 0', '2026-01-00'],
    ['day 32', '2026-01-32'],
    ['31 April', '2026-04-31T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['29 February of a common century', '1900-02-29T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['the basic form', '20260101T000000Z'],
    ['a week date', '2026-W01-1'],
    ['a day of the year', '2026-001'],
    ['one digit', '2026-1-1T00:00:00Z'],
    ['an hour alone', '2026-01-01T12'],
    ['an hour with a zone', '2026-01-01T12Z'],
    ['no digits behind the point', '2026-01-01T00:00:00.Z'],
    ['a point without seconds', '2026-01-01T00:00.5Z'],
    ['a T and nothing', '2026-01-01T'],
    ['half of the seconds', '2026-01-01T00:00:0'],
    ['a colon and nothing', '2026-01-01T00:00:'],
    ['another separator', '2026-01-01_00:00:00Z'],
    ['a date with a zone', '2026-01-01Z'],
    ['an offset of one digit', '2026-01-01T00:00:00+1'],
    ['an offset of three digits', '2026-01-01T00:00:00+010'],
    ['an offset of five digits', '2026-01-01T00:00:00+01000'],
    ['an offset with minute 60', '2026-01-01T00:00:00+01:60'],
    ['an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['an offset that ends in a colon', '2026-01-01T00:00:00+01:'],
    ['a named zone', '2026-01-01T00:00:00+01:00[Europe/Berlin]'],
    ['letters for a zone', '2026-01-01T00:00:00UTC'],
    ['two zones', '2026-01-01T00:00:00ZZ'],
    ['space in front', ' 2026-01-01T00:00:00Z'],
    ['space behind', '2026-01-01T00:00:00Z '],
    ['a longer year', '+002026-01-01T00:00:00Z'],
    ['a negative year', '-0001-01-01T00:00:00Z'],
    ['what Date.parse reads', 'Jan 1 2026'],
    ['other digits', '２０２６-01-01'],
  ])('%s is refused: %s', (_, text) => expect(parse(text)).toBeNaN());

  test('every moment comes back from its own text', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0000-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        (date) => {
          expect(parse(date.toISOString())).toBe(date.getTime());
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('an offset is what it says, and decimals are cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.integer({ min: -1439, max: 1439 }),
        fc.stringMatching(/^\d{0,12}$/),
        (timeMs, minutes, more) => {
          const two = (value: number) => String(value).padStart(2, '0');
          const size = Math.abs(minutes);
          const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
          const local = new Date(timeMs + minutes * 60_000).toISOString().slice(0, -1);
          expect(parse(`${local}${more}${zone}`)).toBe(timeMs);
        },
      ),
    );
  });

  test('what is accepted is what the grammar says', () => {
    const grammar =
      /^\d{4}-\d\d-\d\d(?:[Tt ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:[Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$/;
    const isDay = (text: string): boolean => {
      const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
      return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 10));
    };
    const part = fc.constantFrom(
      'T',
      ' ',
      ':',
      '-',
      '+',
      'Z',
      'z',
      '.',
      ',',
      '00',
      '01',
      '12',
      '23',
      '24',
      '29',
      '59',
      '60',
      '7',
      '0',
    );
    fc.assert(
      fc.property(
        fc.constantFrom('2024-02-', '2026-01-', '2026-13-'),
        fc.array(part, { maxLength: 12 }),
        (day, parts) => {
          const text = day + parts.join('');
          expect(Number.isNaN(parse(text))).toBe(!(grammar.test(text) && isDay(text)));
        },
      ),
      { numRuns: 3000 },
    );
  });
});
