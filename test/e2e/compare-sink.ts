// What a job has written, held against what it should have written, by a reader that is not ours.
import { setTimeout as delay } from 'node:timers/promises';
import { type Comparison, compareRows, type ResultRow } from '../harness/clicks.ts';
import { readCommittedJson } from '../harness/kcat.ts';

export interface SinkCheck {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly expected: readonly ResultRow[];
  /** Fields that make a row unique. */
  readonly idFields?: readonly string[];
  /** How long rows may be outstanding. */
  readonly timeoutMs: number;
}

const POLL_MS = 500;

/** Compares until no row is missing any more, or the time is up: what is missing then is lost. */
export async function compareSink(check: SinkCheck): Promise<Comparison> {
  const { bootstrapServers, topic, expected, idFields } = check;
  const deadline = performance.now() + check.timeoutMs;
  for (;;) {
    const rows = await readCommittedJson<ResultRow>({ bootstrapServers, topic });
    const comparison = compareRows(expected, rows, idFields);
    if (comparison.lost === 0 || performance.now() > deadline) return comparison;
    await delay(POLL_MS);
  }
}

/** The counts, for a line of output. */
export function inWords({ compared, lost, duplicated, wrong }: Comparison): string {
  return `compared ${compared}, lost ${lost}, duplicated ${duplicated}, wrong ${wrong}`;
}
