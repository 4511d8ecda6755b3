import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COMMIT_METADATA_MAX_BYTES, decodeCommitMetadata, encodeCommitMetadata } from './commit-metadata.ts';

const metadata = fc.record({
  inc: fc.nat(),
  plan: fc.stringMatching(/^[0-9a-f]{8}$/),
  base: fc.maxSafeNat(),
  ckpt: fc.option(fc.constant('9007199254740991-2147483647-ffffffff')),
  wm: fc.option(fc.maxSafeInteger()),
  idle: fc.boolean(),
  since: fc.option(fc.maxSafeNat()),
  by: fc.string({ minLength: 1, maxLength: 63, unit: fc.constantFrom('a', '-', '0') }),
  seq: fc.maxSafeNat(),
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(metadata, (value) => {
      expect(decodeCommitMetadata(encodeCommitMetadata(value))).toEqual(value);
    }),
  );
});

test('the worst case stays below the limit: longest pod name, highest numbers', () => {
  const max = Number.MAX_SAFE_INTEGER;
  const text = encodeCommitMetadata({
    inc: max,
    plan: 'ffffffff',
    base: max,
    ckpt: `${max}-2147483647-ffffffff`,
    wm: -8_640_000_000_000_000,
    idle: false,
    since: max,
    by: 'p'.repeat(253),
    seq: max,
  });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(COMMIT_METADATA_MAX_BYTES);
});

test.each([
  ['an empty text, as other consumers write', ''],
  ['text that is not JSON', 'moved by hand'],
  ['JSON of another kind', '17'],
  ['a later format', '{"v":2,"inc":1}'],
  ['our format with a field missing', '{"v":1,"inc":1,"plan":"00000000","base":0,"by":"x"}'],
])('%s is not ours', (_name, text) => expect(decodeCommitMetadata(text)).toBeNull());
