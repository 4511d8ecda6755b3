// Runs the stages of `make test` one after the other and ends with one plain line: N passed, N failed. Every stage runs even when an
// earlier one failed, so that one look shows all that is wrong.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Tally {
  passed: number;
  failed: number;
}

type Command = readonly [program: string, ...args: string[]];

const SOURCES = ['runtime', 'operator', 'crds', 'cli', 'test', 'bench'];

/** Each command of these counts as one test. */
const CHECKS: Readonly<Record<string, readonly Command[]>> = {
  lint: [
    ['oxlint', '--type-aware', '--deny-warnings', ...SOURCES],
    ['biome', 'format', '.'],
    ['node', 'crds/generate.ts', '--check'],
  ],
  types: [['tsc', '--project', '.']],
};
const VITEST_PROJECTS = ['unit', 'golden', 'simulation', 'integration', 'e2e'];

async function run([program, ...args]: Command): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stdout.write(`${program} cannot be started: ${error.message}\n`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function checks(stage: string, commands: readonly Command[]): Promise<Tally> {
  const tally = { passed: 0, failed: 0 };
  for (const command of commands) {
    process.stdout.write(`\n── ${stage}: ${command.slice(0, 3).join(' ')}\n`);
    if ((await run(command)) === 0) tally.passed++;
    else tally.failed++;
  }
  return tally;
}

async function vitest(project: string): Promise<Tally> {
  process.stdout.write(`\n── ${project}\n`);
  const folder = await mkdtemp(path.join(tmpdir(), 'streamjob-test-'));
  const report = path.join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await run(['vitest', 'run', '--project', project, ...reporters]);
    const { numPassedTests, numFailedTests, numPendingTests, success } = JSON.parse(
      await readFile(report, 'utf8'),
    ) as Record<string, number | boolean>;
    const failed = Number(numFailedTests) + Number(numPendingTests);
    // A file that cannot be loaded or a hook that throws fails the run without a failed test.
    return { passed: Number(numPassedTests), failed: failed === 0 && (code !== 0 || success !== true) ? 1 : failed };
  } catch (error) {
    process.stdout.write(`${project} gave no report: ${String(error)}\n`);
    return { passed: 0, failed: 1 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const started = performance.now();
const total: Tally = { passed: 0, failed: 0 };
for (const stage of process.argv.slice(2)) {
  const commands = CHECKS[stage];
  if (commands === undefined && !VITEST_PROJECTS.includes(stage)) throw new Error(`unknown stage ${stage}`);
  const { passed, failed } = await (commands === undefined ? vitest(stage) : checks(stage, commands));
  process.stdout.write(`${stage}: ${passed} passed, ${failed} failed\n`);
  total.passed += passed;
  total.failed += failed;
}
process.stdout.write(
  `\ntook ${Math.round((performance.now() - started) / 1000)} s\n${total.passed} passed, ${total.failed} failed\n`,
);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
