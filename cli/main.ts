#!/usr/bin/env node
// The command line: `streamjob <command>`. Each command is a file in commands/; exit codes are those of the contract.
import { Command, CommanderError } from 'commander';
import { addDev } from './commands/dev.ts';
import { addGenerate } from './commands/generate.ts';
import { addOperator } from './commands/operator.ts';
import { addRun } from './commands/run.ts';
import { addTest } from './commands/test.ts';
import { addValidate } from './commands/validate.ts';
import { addWorker } from './commands/worker.ts';
import { CliError } from './cli-error.ts';

const program = new Command('streamjob')
  .description('Exactly-once windowed aggregates over Kafka topics')
  .showHelpAfterError('(see --help)')
  .exitOverride();
for (const add of [addRun, addDev, addValidate, addTest, addGenerate, addWorker, addOperator]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof CliError) {
    process.stderr.write(`streamjob: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else throw error;
}
