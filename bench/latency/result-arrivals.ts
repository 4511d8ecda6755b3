// A reader that waits for results and notes how long after the end of its window each became visible to it. It sees committed records
// only, and is kcat: none of the systems' own.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { atExit } from '../../test/harness/exit-hooks.ts';
import type { Pinning } from '../measure/pinning.ts';
import { epochMs } from '../expected/read-results.ts';

const WINDOW_END = /"windowEnd":(\d+|"[^"]+")/;

export class ResultArrivals implements AsyncDisposable {
  readonly #delays: { readonly endMs: number; readonly delayMs: number }[] = [];
  readonly #kcat: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(bootstrapServers: string, topic: string, pinning: Pinning) {
    const [program = 'kcat', ...args] = pinning.others([
      'kcat',
      '-C',
      '-u',
      `-b${bootstrapServers}`,
      `-t${topic}`,
      '-obeginning',
      '-q',
      '-Xisolation.level=read_committed',
      '-Xfetch.wait.max.ms=10',
      '-Xfetch.error.backoff.ms=5',
      '-f%s\n',
    ]);
    const kcat = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#kcat = kcat;
    kcat.once(
      'exit',
      atExit(() => kcat.kill('SIGKILL')),
    );
    this.#ended = new Promise((resolve) => kcat.once('exit', () => resolve()));
    createInterface({ input: kcat.stdout }).on('line', (line) => {
      const end = WINDOW_END.exec(line)?.[1];
      if (end === undefined) throw new Error(`a result without windowEnd in ${topic}: ${line}`);
      const endMs = epochMs(end.startsWith('"') ? end.slice(1, -1) : Number(end));
      this.#delays.push({ endMs, delayMs: Date.now() - endMs });
    });
  }

  /** Of results of windows that end in a span of time, ascending, in ms. */
  delaysOf(fromMs: number, toMs: number): readonly number[] {
    return this.#delays
      .filter(({ endMs }) => endMs >= fromMs && endMs < toMs)
      .map(({ delayMs }) => delayMs)
      .sort((a, b) => a - b);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kcat.kill('SIGTERM');
    await this.#ended;
  }
}

/** The value below which a share of the ascending values lies; null of none. */
export function quantile(ascending: readonly number[], share: number): number | null {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? null;
}
