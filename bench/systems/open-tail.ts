// How much may be missing at the end: windows that a system rightly keeps open, since nothing came that would close them.
import type { Case, SystemName } from '../cases.ts';
import { graceMs } from './peer-flags.ts';

const OPEN_TAIL_MS = 1000;

/** Event time before the end of the data within which a system may leave windows open. */
export function openTailMs(race: Case, system: SystemName): number {
  return OPEN_TAIL_MS + (system === 'kafka-streams' ? graceMs(race) : race.maxOutOfOrderMs);
}
