// Runs the micro-benchmarks in a process of their own, on the core of what is measured.
import { join } from 'node:path';
import { run } from '../../test/harness/exec.ts';
import type { Pinning } from '../measure/pinning.ts';
import type { MicroResult } from './micro-result.ts';

export async function runMicro(pinning: Pinning): Promise<readonly MicroResult[]> {
  const [program = '', ...args] = pinning.measured([
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'main.ts'),
  ]);
  const { stdout } = await run(program, args);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as MicroResult);
}
