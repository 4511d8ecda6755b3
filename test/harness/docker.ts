// Whether Docker can be used on this machine, asked once.
import { succeeds } from './exec.ts';

let answer: Promise<boolean> | undefined;

/** True when a Docker daemon answers. `STREAMJOB_NO_DOCKER=1` says no without asking. */
export function dockerWorks(): Promise<boolean> {
  answer ??= process.env['STREAMJOB_NO_DOCKER'] === '1' ? Promise.resolve(false) : succeeds('docker', ['info'], 10_000);
  return answer;
}
