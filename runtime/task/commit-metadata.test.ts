import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  COMMIT_METADATA_MAX_BYTES,
  type CommitMetadata,
  decodeCommitMetadata,
  encodeCommitMetadata,
} from './commit-metadata.ts';
import { MAX_FORCED } from './forced-watermarks.ts';
import { END_OF_TIME_MS } from './task.ts';

const metadata: fc.Arbitrary<CommitMetadata> = fc.record({
  inc: fc.nat(),
  plan: fc.stringMatching(/^[0-9a-f]{8}$/),
  base: fc.maxSafeNat(),
  ckpt: fc.option(fc.constant('9007199254740991-2147483647-ffffffff')),
  wm: fc.option(fc.maxSafeInteger()),
  idle: fc.boolean(),
  quiet: fc.boolean(),
  since: fc.option(fc.maxSafeNat()),
  em: fc.option(fc.maxSafeNat()),
  fw: fc.option(
    fc.record({
      from: fc.maxSafeNat(),
      forced: fc.array(fc.record({ offset: fc.maxSafeNat(), watermarkMs: fc.maxSafeInteger() }), { maxLength: 4 }),
    }),
  ),
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

const max = Number.MAX_SAFE_INTEGER;
const worst: CommitMetadata = {
  inc: 999_999,
  plan: 'ffffffff',
  base: 1e15,
  ckpt: `${max}-2147483647-ffffffff`,
  wm: -8_640_000_000_000_000,
  idle: false,
  quiet: false,
  since: max,
  em: null,
  fw: null,
  by: 'p'.repeat(253),
  seq: max,
};

test.each<[string, CommitMetadata]>([
  ['the longest pod name, the highest numbers', { ...worst, inc: max, base: max }],
  [
    'as many decisions as there may be, a worker of the longest job name',
    {
      ...worst,
      quiet: true,
      em: 1e15,
      fw: {
        from: 1e15,
        forced: Array.from({ length: MAX_FORCED }, () => ({ offset: 1e15, watermarkMs: END_OF_TIME_MS })),
      },
      by: `${'j'.repeat(40)}-worker-7d9c6bb9f5-x2x4z`,
    },
  ],
])('the worst case stays below the limit: %s', (_name, value) => {
  expect(Buffer.byteLength(encodeCommitMetadata(value))).toBeLessThanOrEqual(COMMIT_METADATA_MAX_BYTES);
});

test.each([
  ['an empty text, as other consumers write', ''],
  ['text that is not JSON', 'moved by hand'],
  ['JSON of another kind', '17'],
  ['another format', '{"v":1,"inc":1}'],
  ['our format with a field missing', '{"v":2,"inc":1,"plan":"00000000","base":0,"by":"x"}'],
  [
    'decisions that are none',
    '{"v":2,"inc":1,"plan":"00000000","base":0,"ckpt":null,"wm":null,"since":null,"by":"x","seq":1,"fw":"a b"}',
  ],
])('%s is not ours', (_name, text) => expect(decodeCommitMetadata(text)).toBeNull());
