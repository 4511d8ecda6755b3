// What is wrong with an outcome, in lines; none when it is one that the oracle allows. Rows of a window and key have to be states that the window
// had, in their order, each at most once, and with all those that had to come out.
import { isMeant } from './aggregates.ts';
import { type Expected, type History, historyId, type State } from './oracle.ts';
import type { JobSpec } from './random-case.ts';
import type { ScriptRecord } from './script.ts';
import type { Outcome } from './world.ts';
import type { LogRow } from '../../../runtime/log/memory/index.ts';

export interface Run {
  readonly job: JobSpec;
  /** By partition, in the order of their offsets. */
  readonly records: readonly (readonly ScriptRecord[])[];
  readonly expected: Expected;
  readonly outcome: Outcome;
}

export function differences(run: Run): string[] {
  return [...rowsOf(run), ...lateOf(run), ...badOf(run)];
}

function rowsOf({ job, expected: { histories }, outcome: { rows, nowMs } }: Run): string[] {
  const wrong: string[] = [];
  const found = new Map<string, unknown[][]>();
  for (const { key, value, timestampMs } of rows) {
    const row = JSON.parse(String(value)) as Record<string, unknown>;
    const names = [...job.keyBy, 'windowStart', 'windowEnd', ...job.aggregates.map((_, index) => `a${index}`)];
    if (Object.keys(row).join() !== names.join()) wrong.push(`fields of ${String(value)}`);
    const parts = job.keyBy.map((name) => row[name]);
    const text = parts.length > 1 ? JSON.stringify(parts) : String(parts[0]);
    if (String(key) !== text) wrong.push(`record key ${String(key)} of ${String(value)}`);
    const [startMs, endMs] = [row['windowStart'], row['windowEnd']] as [number | null, number | null];
    if (timestampMs < 0 || timestampMs > nowMs || (endMs !== null && timestampMs > Math.max(0, endMs - 1)))
      wrong.push(`timestamp ${timestampMs} of ${String(value)} at ${nowMs}`);
    const id = historyId(parts, startMs, endMs);
    found.set(id, [...(found.get(id) ?? []), job.aggregates.map((_, index) => row[`a${index}`])]);
  }
  for (const [id, history] of histories)
    if (!isAllowed(job, history, found.get(id) ?? []))
      wrong.push(
        `${id}: rows ${JSON.stringify(found.get(id) ?? [])}, states ${history.states.map(({ values, required }) => `${JSON.stringify(values)}${required ? '!' : ''}`).join(' ')}`,
      );
  if (!isFreeUpdate(job))
    for (const [id, all] of found)
      if (!histories.has(id)) wrong.push(`${id}: rows ${JSON.stringify(all)}, no such window`);
  return wrong;
}

/** Partitions race each other, and what they add up to on the way is seen: only the last state of a window that stays is determined. */
const isFreeUpdate = ({ order, emit, partitions }: JobSpec): boolean =>
  order === 'free' && partitions > 1 && emit === 'update';

function isAllowed(job: JobSpec, { states }: History, rows: readonly (readonly unknown[])[]): boolean {
  const same = (state: State, row: readonly unknown[]): boolean =>
    job.aggregates.every((spec, index) => isMeant(spec, state.values[index], row[index]));
  if (isFreeUpdate(job)) {
    const last = states.at(-1)!;
    // A session that grows later may come out under its old bounds once more, if a record inside of them is read first.
    const candidates = job.window.kind === 'session' ? rows : rows.slice(-1);
    return !last.required || candidates.some((row) => same(last, row));
  }
  // Reached: how many rows may be used up when this many states are behind.
  let reached = new Set([0]);
  for (const state of states) {
    const next = new Set<number>();
    for (const used of reached) {
      if (!state.required) next.add(used);
      if (used < rows.length && same(state, rows[used]!)) next.add(used + 1);
    }
    reached = next;
  }
  return reached.has(rows.length);
}

function lateOf({ job, records, expected, outcome }: Run): string[] {
  if (!job.lateData)
    return outcome.late === expected.late.length ? [] : [`${outcome.late} late, not ${expected.late.length}`];
  const meant = expected.late.map(({ partition, offset, missed }) => {
    const record = records[partition]![offset]!;
    return [describe(record), `in/${partition}@${offset} at ${record.timestampMs} missed ${JSON.stringify(missed)}`];
  });
  const found = outcome.lateRows.map((row) => [
    describeRow(row),
    `${originOf(row)} at ${headerOf(row, 'streamjob.timestamp')} missed ${headerOf(row, 'streamjob.windows')}`,
  ]);
  return sameBag('late record', meant, found);
}

function badOf({ job, records, expected, outcome }: Run): string[] {
  if (!job.deadLetter) return [];
  const meant = expected.bad.map(({ partition, offset }) => [
    describe(records[partition]![offset]!),
    `in/${partition}@${offset}`,
  ]);
  return sameBag(
    'dead letter',
    meant,
    outcome.deadRows.map((row) => [describeRow(row), originOf(row)]),
  );
}

function sameBag(what: string, meant: readonly (readonly string[])[], found: readonly (readonly string[])[]): string[] {
  const texts = (bag: readonly (readonly string[])[]): string[] => bag.map((parts) => parts.join(' ')).sort();
  const [a, b] = [texts(meant), texts(found)];
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  return [
    ...a.filter((text) => !b.includes(text)).map((text) => `missing ${what} ${text}`),
    ...b.filter((text) => !a.includes(text)).map((text) => `unexpected ${what} ${text}`),
    `${b.length} × ${what}, not ${a.length}`,
  ];
}

const describe = ({ key, value, header }: ScriptRecord): string => JSON.stringify([key, value, 'on', header]);
const describeRow = (row: LogRow): string =>
  JSON.stringify([
    row.key === null ? null : String(row.key),
    row.value === null ? null : String(row.value),
    headerOf(row, 'trace'),
    headerOf(row, 'h'),
  ]);
const originOf = (row: LogRow): string =>
  `${headerOf(row, 'streamjob.topic')}/${headerOf(row, 'streamjob.partition')}@${headerOf(row, 'streamjob.offset')}`;

function headerOf({ headers }: LogRow, name: string): string | null {
  const value = headers.find(({ key }) => key === name)?.value ?? null;
  return value === null ? null : String(value);
}
