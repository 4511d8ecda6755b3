// Any job over any records under any schedule of commits, checkpoints, crashes and rescales gives what its definition says. RANDOM_JOBS is the
// number of cases, RANDOM_JOBS_SEED where they begin; a failure names the seed and the path (RANDOM_JOBS_PATH) that run it again.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FOUND_CASES } from './found-cases.ts';
import { randomCase } from './random-case.ts';
import { problemsOf } from './problems-of.ts';

const RUNS = Number(process.env['RANDOM_JOBS'] ?? 150);
const SEED = Number(process.env['RANDOM_JOBS_SEED'] ?? 1);
const PATH = process.env['RANDOM_JOBS_PATH'];

test.each(Object.entries(FOUND_CASES))('%s', async (_, found) => {
  expect(await problemsOf(found)).toEqual([]);
});

test('a random job gives what its definition says', { timeout: 60_000 + RUNS * 2_000 }, async () => {
  const property = fc.asyncProperty(randomCase, async (each) => {
    expect(await problemsOf(each)).toEqual([]);
  });
  await fc.assert(property, {
    seed: SEED,
    numRuns: RUNS,
    ...(PATH === undefined ? {} : { path: PATH }),
  });
});
