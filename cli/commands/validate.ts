// streamjob validate FILE…: all problems of all documents, each with its path.
import type { Command } from 'commander';
import { readManifests } from '../read-manifest.ts';
import { outputOption, type OutputOptions } from '../output.ts';

export function addValidate(program: Command): void {
  const command = program
    .command('validate')
    .description('check manifests against the contract')
    .argument('<file...>', 'manifests (YAML)');
  outputOption(command).action(async (files: string[], { output }: OutputOptions) => {
    const manifests = (await Promise.all(files.map(readManifests))).flat();
    for (const { where, name, result } of manifests) {
      const problems = 'problems' in result ? result.problems : [];
      if (output === 'json')
        process.stdout.write(`${JSON.stringify({ where, name, valid: problems.length === 0, problems })}\n`);
      else if (problems.length === 0) process.stdout.write(`${where}: ${name} is valid\n`);
      else for (const { message } of problems) process.stdout.write(`${where}: ${message}\n`);
    }
    if (manifests.some(({ result }) => 'problems' in result)) process.exitCode = 1;
  });
}
