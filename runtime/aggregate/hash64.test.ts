import { expect, test } from 'vitest';
import { hash64 } from './hash64.ts';

/** Low and high word as the reference implementation gives them, with seed 0. */
test.each<[string, Buffer, readonly [number, number]]>([
  ['nothing', Buffer.alloc(0), [0, 0]],
  ['one byte', Buffer.from('a'), [-1483435204, 1431744539]],
  ['two bytes', Buffer.from('ab'), [360993247, 633221136]],
  ['the canonical number 42', Buffer.from('02023432', 'hex'), [-1681988873, -166194147]],
  ['one byte into the second word', Buffer.from('hello'), [723797152, -611197193]],
  ['one byte more than a block', Buffer.from('hello world, 17 b'), [2013841983, -1852188931]],
  ['two blocks and a rest', Buffer.from('The quick brown fox jumps over the lazy dog'), [789939139, -319935385]],
  [
    'bytes above 127, four blocks but half',
    Buffer.from(Array.from({ length: 56 }, (_, i) => 200 + i)),
    [-739444626, 523881728],
  ],
])('the hash of %s', (_, bytes, expected) => {
  const shifted = Buffer.concat([Buffer.from('??'), bytes, Buffer.from('??')]);
  const out = new Int32Array(2);
  hash64(shifted, 2, 2 + bytes.length, out);
  expect([...out]).toEqual(expected);
});
