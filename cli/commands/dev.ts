// streamjob dev FILE: the operator's core over worker processes of this machine; edits of the file are applied.
import type { Command } from 'commander';
import { fileURLToPath } from 'node:url';
import { writeLogLine } from '../log-lines.ts';
import { outputOption, type OutputOptions } from '../output.ts';
import { statusPrinter } from '../status-line.ts';
import { stopSignal } from '../stop-signal.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export function addDev(program: Command): void {
  const command = program
    .command('dev')
    .description("run a job here as the operator would in a cluster; the manifest's edits are applied")
    .argument('<file>', 'manifest of one StreamJob')
    .option('--quiet', 'status and events only, without the log lines of the workers');
  outputOption(command).action(async (file: string, { output, quiet }: OutputOptions & { quiet?: boolean }) => {
    const { runLocal } = await import('../../operator/index.ts');
    const print = statusPrinter(output);
    await runLocal({
      source: { file },
      command: [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, 'worker'],
      onStatus: print.status,
      onEvent: print.event,
      onLine: ({ stream, line }) => {
        if (stream === 'stdout') process.stdout.write(`${line}\n`);
        else if (quiet !== true) writeLogLine(line);
      },
      onProblem: print.problem,
      signal: stopSignal(),
    });
  });
}
