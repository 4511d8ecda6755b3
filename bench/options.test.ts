import { expect, it } from 'vitest';
import { CASE_NAMES, SYSTEM_NAMES } from './cases.ts';
import { raceOptions } from './options.ts';

it('races everybody in every case, and measures the steps, when nothing is said', () => {
  expect(raceOptions([])).toEqual({
    cases: CASE_NAMES,
    systems: SYSTEM_NAMES,
    micro: true,
    rounds: 1,
    quick: false,
    profileFolder: null,
  });
});

it('takes names separated by spaces or commas, in the order of the table', () => {
  const { cases, micro } = raceOptions(['--case', 'session, sliding']);
  expect({ cases, micro }).toEqual({ cases: ['sliding', 'session'], micro: false });
});

it('races only our side and the ceiling when it is to be quick, or those who are named', () => {
  expect(raceOptions(['--quick']).systems).toEqual(['streamjob', 'ceiling']);
  expect(raceOptions(['--quick', '--system', 'flink-sql']).systems).toEqual(['flink-sql']);
});

it.each([
  [['--case', 'tumbling'], 'tumbling is no case: there are tumbling-direct'],
  [['--system', 'spark'], 'spark is no system: there are streamjob'],
  [['--rounds', '0'], '--rounds must be a whole number from 1 to 100; got 0'],
])('refuses %j', (args, message) => {
  expect(() => raceOptions(args)).toThrow(message);
});
