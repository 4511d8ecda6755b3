// streamjob run --embedded: binds the embedded run to standard input or a file, to standard output and to the signals.
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { ResolvedJob } from '../../crds/index.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { systemRandom } from '../../runtime/random.ts';
import { FatalProblem } from '../../runtime/task/problem.ts';
import { CliError } from '../cli-error.ts';
import { writeLogLine } from '../log-lines.ts';
import { type EmbeddedTotals, runEmbedded } from './run-embedded.ts';

export interface RunInProcessOptions {
  readonly job: ResolvedJob;
  readonly workers: number;
  readonly partitions: number;
  /** Null: standard input. */
  readonly inputFile: string | null;
  readonly keyField: string | null;
  readonly timestampField: string | null;
  readonly output: 'text' | 'json';
}

const WARNING = 40;
const ERROR = 50;

/** Throws CliError for an input that cannot be read, and with exit code 1 for a job that fails. */
export async function runInProcess(options: RunInProcessOptions, stop: AbortSignal): Promise<void> {
  const { job, workers, partitions, inputFile, keyField, timestampField, output } = options;
  const input = await open(inputFile);
  // Whoever reads our rows may have seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  try {
    const totals = await runEmbedded(
      {
        job,
        workers,
        partitions,
        input,
        fields: { keyField, timestampField, partitionField: null },
        print: (line) => process.stdout.write(`${line}\n`),
        clock: systemClock,
        random: systemRandom,
        log: warnings,
      },
      stop,
    );
    process.stderr.write(`${output === 'json' ? JSON.stringify(totals) : summary(totals)}\n`);
  } catch (error) {
    if (error instanceof FatalProblem) throw new CliError(1, `the job failed: ${error.message}`);
    throw error;
  } finally {
    input.destroy();
  }
}

async function open(file: string | null): Promise<AsyncIterable<string> & { destroy(): unknown }> {
  if (file === null) return process.stdin.setEncoding('utf8');
  await access(file).catch((error: Error) => {
    throw new CliError(2, `cannot read ${file}: ${error.message}`);
  });
  return createReadStream(file, 'utf8');
}

/** Standard output belongs to the rows; of what workers log only that which is wrong is of interest here. */
const warnings: Logger = {
  info: () => undefined,
  warn: (event, fields = {}) => writeLogLine(JSON.stringify({ level: WARNING, event, ...fields })),
  error: (event, fields = {}) => writeLogLine(JSON.stringify({ level: ERROR, event, ...fields })),
};

function summary({ records, bad, late }: EmbeddedTotals): string {
  return `${records} records, ${bad} bad, ${late} late`;
}
