// streamjob worker: entry point of the worker image.
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { outputOption } from '../output.ts';
import { integer } from '../integer.ts';
import { stopSignal } from '../stop-signal.ts';

interface WorkerFlags {
  readonly config: string;
  readonly onProblem: 'stay' | 'exit';
}

export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .description('run one worker of a job (the entry point of the worker image)')
    .requiredOption('--config <file>', 'the configuration that the operator writes')
    .option('--on-problem <what>', 'stay: keep serving the status; exit: end with code 1', 'stay');
  outputOption(command).action(async ({ config, onProblem }: WorkerFlags) => {
    // Before anything is loaded: the first process of a container ignores signals that it has no handler for.
    const signal = stopSignal();
    // Each command loads only what it needs: a worker starts without the Kubernetes client.
    const { runWorker } = await import('../../runtime/main.ts');
    process.exitCode = await runWorker(
      {
        configFile: config,
        instanceId: process.env['POD_NAME'] ?? hostname(),
        port: integer('STREAMJOB_HTTP_PORT', process.env['STREAMJOB_HTTP_PORT'] ?? '8081', { min: 0, max: 65_535 }),
        onProblem,
      },
      signal,
    );
  });
}
