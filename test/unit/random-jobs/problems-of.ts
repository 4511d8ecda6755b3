// One random case against the oracle.
import { validateStreamJob } from '../../../crds/index.ts';
import { differences } from './compare.ts';
import { Oracle } from './oracle.ts';
import type { RandomCase } from './random-case.ts';
import { consistent, manifestOf, type ScriptRecord, scriptOf } from './script.ts';
import { World } from './world.ts';

/** What is wrong with the outcome, then the manifest and the steps that lead to it; nothing when all is right. */
export async function problemsOf({ job: choices, steps }: RandomCase): Promise<readonly string[]> {
  const job = consistent(choices);
  const manifest = manifestOf(job);
  const checked = validateStreamJob(manifest);
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
    return wrong.length === 0 ? [] : [...wrong, ...[manifest, ...script].map((it) => JSON.stringify(it))];
  } finally {
    await world.close();
  }
}
