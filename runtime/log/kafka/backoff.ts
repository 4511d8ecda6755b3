// How long to wait before the next attempt: 5 ms, doubling to 250 ms, with jitter so that workers do not march in step.
import type { Random } from '../../random.ts';

const FIRST_MS = 5;
const LONGEST_MS = 250;
const DOUBLINGS = 10;

/** @param failures attempts that failed so far, ≥ 1 */
export function backoffMs(failures: number, random: Random): number {
  const fullMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, DOUBLINGS));
  return fullMs * (0.5 + random.next() / 2);
}
