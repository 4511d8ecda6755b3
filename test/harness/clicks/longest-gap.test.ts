import { expect, it } from 'vitest';
import { longestGap } from './longest-gap.ts';

const between = { fromMs: 100, toMs: 200 };
const cases: Record<string, [times: number[], gap: { gapMs: number; fromMs: number; toMs: number }]> = {
  'no output at all': [[], { gapMs: 100, fromMs: 100, toMs: 200 }],
  'output outside only': [[50, 250], { gapMs: 100, fromMs: 100, toMs: 200 }],
  'the longest stretch at the beginning': [[160, 180], { gapMs: 60, fromMs: 100, toMs: 160 }],
  'the longest stretch at the end': [[110, 120], { gapMs: 80, fromMs: 120, toMs: 200 }],
  'times in no order': [[180, 110, 140, 120], { gapMs: 40, fromMs: 140, toMs: 180 }],
  'the first of two equal stretches': [[150], { gapMs: 50, fromMs: 100, toMs: 150 }],
};

for (const [name, [times, gap]] of Object.entries(cases)) {
  it(`finds ${name}`, () => {
    expect(longestGap(times, between)).toEqual(gap);
  });
}

it('refuses a stretch that ends before it begins', () => {
  expect(() => longestGap([], { fromMs: 2, toMs: 1 })).toThrow(/ends \(1\) before it begins \(2\)/);
});
