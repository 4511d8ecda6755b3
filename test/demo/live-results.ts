// Shows results as they become visible to any committed reader (kcat): per closed window its rows, totals and most active users.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ensurePackages } from '../harness/debian-packages.ts';
import type { Expectation, Row } from './expectation.ts';

export interface LiveResultsOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly expectation: Expectation;
  write(line: string): void;
}

/** Rows of a window come within one commit of each task; after this much silence it is shown. */
const SETTLED_MS = 400;

export class LiveResults {
  readonly #options: LiveResultsOptions;
  readonly #windows = new Map<number, Row[]>();
  #timer: NodeJS.Timeout | null = null;
  rows = 0;

  constructor(options: LiveResultsOptions) {
    this.#options = options;
  }

  /** Reads until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await ensurePackages({ kcat: 'kcat' });
    if (signal.aborted) return;
    const { bootstrapServers, topic } = this.#options;
    const args = [
      '-C',
      '-q',
      '-u',
      '-b',
      bootstrapServers,
      '-t',
      topic,
      '-o',
      'beginning',
      '-X',
      'isolation.level=read_committed',
    ];
    const kcat = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    signal.addEventListener('abort', () => kcat.kill('SIGTERM'), { once: true });
    createInterface({ input: kcat.stdout }).on('line', (line) => this.#take(JSON.parse(line) as Row));
    await once(kcat, 'exit');
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#show();
  }

  #take(row: Row): void {
    this.rows++;
    this.#options.expectation.check(row);
    const rows = this.#windows.get(row.windowStart) ?? [];
    rows.push(row);
    this.#windows.set(row.windowStart, rows);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), SETTLED_MS);
  }

  #show(): void {
    for (const [start, rows] of [...this.#windows].sort(([a], [b]) => a - b)) {
      const time = (ms: number) => new Date(ms).toISOString().slice(11, 16);
      const views = rows.reduce((sum, { pageViews }) => sum + pageViews, 0);
      const engagement = rows.reduce((sum, { engagementMs }) => sum + engagementMs, 0);
      const top = rows.toSorted((a, b) => b.pageViews - a.pageViews || (a.userId < b.userId ? -1 : 1)).slice(0, 3);
      const best = top.map(({ userId, pageViews }) => `${userId} ${pageViews}`).join(', ');
      const [{ windowEnd }] = rows as [Row, ...Row[]];
      this.#options.write(
        `${time(start)}–${time(windowEnd)}  ${String(rows.length).padStart(4)} users  ${String(views).padStart(6)} page views  ${(engagement / 3_600_000).toFixed(1).padStart(6)} h engaged   most: ${best}`,
      );
    }
    this.#windows.clear();
  }
}
