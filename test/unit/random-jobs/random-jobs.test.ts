// Any job over any records under any schedule of commits, checkpoints, crashes and rescales gives what its definition says. RANDOM_JOBS is the
// number of cases, RANDOM_JOBS_SEED where they begin; a failure names the seed and the path that run it again.
import fc from 'fast-check';
import { test } from 'vitest';
import { validateStreamJob } from '../../../crds/index.ts';
import { differences } from './compare.ts';
import { Oracle } from './oracle.ts';
import { type RandomCase, randomCase } from './random-case.ts';
import { consistent, manifestOf, type ScriptRecord, scriptOf } from './script.ts';
import { World } from './world.ts';

const RUNS = Number(process.env['RANDOM_JOBS'] ?? 150);
const SEED = Number(process.env['RANDOM_JOBS_SEED'] ?? 1);
const PATH = process.env['RANDOM_JOBS_PATH'];

test('a random job gives what its definition says', { timeout: 20_000 + RUNS * 1_000 }, async () => {
  await fc.assert(fc.asyncProperty(randomCase, holds), {
    seed: SEED,
    numRuns: RUNS,
    ...(PATH === undefined ? {} : { path: PATH }),
  });
});

async function holds({ job: choices, steps }: RandomCase): Promise<void> {
  const job = consistent(choices);
  const checked = validateStreamJob(manifestOf(job));
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  const script = scriptOf(job, steps);
  const oracle = new Oracle(job);
  const records: ScriptRecord[][] = Array.from({ length: job.partitions }, () => []);
  const world = new World(checked.resolved, job.partitions);
  try {
    await world.begin(job.workers);
    for (const step of script) {
      if (step.kind === 'feed') records[step.records[0]!.partition]!.push(...step.records);
      oracle.step(step);
      await world.step(step);
    }
    const [expected, outcome] = [oracle.end(), await world.end()];
    const wrong = differences({ job, records, expected, outcome });
    if (wrong.length > 0)
      throw new Error(
        [...wrong, JSON.stringify(manifestOf(job)), ...script.map((step) => JSON.stringify(step))].join('\n'),
      );
  } finally {
    await world.close();
  }
}
