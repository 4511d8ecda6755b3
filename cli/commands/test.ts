// streamjob test FILE…: runs the cases of test files against their jobs, in this process and in virtual time.
import { type Command, Option } from 'commander';
import { type Variant, VARIANTS } from '../case-run/variants.ts';
import { outputOption, type OutputOptions } from '../output.ts';

interface TestOptions extends OutputOptions {
  readonly variant?: Variant;
  readonly filter?: string;
}

const HELP = `
A test file names a job (inline or as a path) and cases of steps: records that come in, what the clock and the workers do meanwhile,
and the rows that must have come out. Every case runs as it is written (plain), with a worker that dies between every two steps
(crash), and with one, three and two workers in turn (rescale). The format: docs/reference/testing.md.

Exit code 0: all cases pass; 1: a case fails, or a file is wrong; 2: wrong usage.`;

export function addTest(program: Command): void {
  const command = program
    .command('test')
    .description('run the cases of test files: the real pipeline on an in-memory log, in virtual time')
    .argument('<file...>', 'test files (YAML)')
    .addOption(new Option('--variant <name>', 'run this variant only').choices(VARIANTS))
    .option('--filter <text>', 'run the cases whose name contains this text');
  outputOption(command)
    .addHelpText('after', HELP)
    .action(async (files: readonly string[], { variant, filter, output }: TestOptions) => {
      // Each command loads only what it needs.
      const { runTestFiles } = await import('../case-run/run-test-files.ts');
      process.exitCode = await runTestFiles({
        files,
        variants: variant === undefined ? VARIANTS : [variant],
        filter: filter ?? '',
        output,
        write: (line) => process.stdout.write(`${line}\n`),
      });
    });
}
