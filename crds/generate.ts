// `node crds/generate.ts` writes what is generated from the schema; `--check` fails when a committed file differs from it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crdYaml } from './generate/crd.ts';
import { referencePage } from './generate/reference.ts';

/** Path below the root of the repository → text. */
export function generatedFiles(): Map<string, string> {
  return new Map([
    ['config/crd/streamjobs.streamjob.dev.yaml', crdYaml()],
    ['docs/reference/streamjob.md', referencePage()],
  ]);
}

/** Each committed file that differs from what the schema says, with the first line that does. */
export function drift(root: string): string[] {
  return [...generatedFiles()].flatMap(([path, text]) => {
    const committed = readOrEmpty(join(root, path));
    if (committed === text) return [];
    const [is, should] = [committed.split('\n'), text.split('\n')];
    const line = should.findIndex((expected, index) => expected !== is[index]);
    const at = line === -1 ? should.length : line;
    return [
      `${path}:${at + 1}: is ${JSON.stringify(is[at] ?? '')}, the schema says ${JSON.stringify(should[at] ?? '')}; run: make generate`,
    ];
  });
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function main(args: readonly string[]): number {
  const root = join(import.meta.dirname, '..');
  if (args.length > 1 || (args.length === 1 && args[0] !== '--check')) {
    process.stderr.write('usage: node crds/generate.ts [--check]\n');
    return 2;
  }
  if (args[0] === '--check') {
    const differences = drift(root);
    for (const difference of differences) process.stderr.write(`${difference}\n`);
    return differences.length === 0 ? 0 : 1;
  }
  for (const [path, text] of generatedFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}\n`);
  }
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
