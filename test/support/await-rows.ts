// Waits for results by reading them as any other consumer would (kcat, committed records only).
import { setTimeout as delay } from 'node:timers/promises';
import type { ResultRow } from '../harness/clicks.ts';
import { readCommittedJson } from '../harness/kcat.ts';

export interface AwaitRows {
  readonly bootstrapServers: string;
  readonly topic: string;
  /** Rows that must be there, at least. */
  readonly count: number;
  readonly timeoutMs: number;
  /** Asked between two looks: throws when waiting has become pointless. */
  readonly check?: () => void;
}

export async function awaitRows({ bootstrapServers, topic, count, timeoutMs, check }: AwaitRows): Promise<ResultRow[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const rows = await readCommittedJson<ResultRow>({ bootstrapServers, topic });
    if (rows.length >= count) return rows;
    check?.();
    if (performance.now() > deadline)
      throw new Error(`${topic} holds ${rows.length} of ${count} rows after ${timeoutMs} ms`);
    await delay(250);
  }
}
