// The command line of the race.
import { parseArgs } from 'node:util';
import { CASE_NAMES, type CaseName, SYSTEM_NAMES, type SystemName } from './cases.ts';

export interface RaceOptions {
  readonly cases: readonly CaseName[];
  readonly systems: readonly SystemName[];
  /** Whether the steps of the hot path are measured alone, too. */
  readonly micro: boolean;
  readonly rounds: number;
  /** Fewer records. */
  readonly quick: boolean;
  /** Where CPU profiles of our side go; null: none are made. */
  readonly profileFolder: string | null;
}

const MICRO = 'micro';
const MAX_ROUNDS = 100;

/** Throws Error for what is no case, no system or no number. */
export function raceOptions(args: readonly string[]): RaceOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string', default: '' },
      system: { type: 'string', default: '' },
      rounds: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS)
    throw new Error(`--rounds must be a whole number from 1 to ${MAX_ROUNDS}; got ${values.rounds}`);
  const cases = pick('case', [...CASE_NAMES, MICRO], values.case);
  // What a quick look is for: one's own figures.
  const systems: readonly SystemName[] = values.quick ? ['streamjob', 'ceiling'] : SYSTEM_NAMES;
  return {
    cases: cases.filter((name) => name !== MICRO),
    systems: values.system.trim() === '' ? systems : pick('system', SYSTEM_NAMES, values.system),
    micro: cases.includes(MICRO),
    rounds,
    quick: values.quick,
    profileFolder: values.profile ?? null,
  };
}

/** Names separated by spaces or commas; all of them for an empty text. */
function pick<T extends string>(what: string, names: readonly T[], asked: string): readonly T[] {
  const wanted = asked.split(/[\s,]+/).filter((name) => name !== '');
  for (const name of wanted)
    if (!names.some((one) => one === name)) throw new Error(`${name} is no ${what}: there are ${names.join(' ')}`);
  return wanted.length === 0 ? names : names.filter((name) => wanted.includes(name));
}
