import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorText, truncateText } from './text.ts';

test('law: a truncated text fits, is valid, and begins like the whole one', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 80 }).map((text) => text.toWellFormed()),
      fc.integer({ min: 4, max: 60 }),
      (text, maxBytes) => {
        const cut = truncateText(text, maxBytes);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
        expect(cut === text || (cut.endsWith('…') && text.startsWith(cut.slice(0, -1)))).toBe(true);
        // A character cut in two would become a replacement character that the text does not have.
        expect(cut.includes('\ufffd') && !text.includes('\ufffd')).toBe(false);
      },
    ),
  );
});

test('an error tells its causes, each once', () => {
  const root = new Error('ECONNREFUSED');
  expect(errorText(new Error('cannot connect', { cause: root }))).toBe('cannot connect: ECONNREFUSED');
  expect(errorText(new Error('cannot connect: ECONNREFUSED', { cause: root }))).toBe('cannot connect: ECONNREFUSED');
  expect(errorText(new Error('', { cause: new AggregateError([new Error('a'), new Error('b')], '') }))).toBe(
    'Error: AggregateError: a; b',
  );
});
