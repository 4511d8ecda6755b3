// Asks the workers how they are, apart from the turns of jobs: a pod that does not answer must not hold up anybody's turn.
import { parseWorkerStatus } from '../../crds/index.ts';
import { type Clock, sleepUntilAborted } from '../clock.ts';
import type { WorkerView } from './observed.ts';

export interface ScrapeTarget {
  /** Key of the job. */
  readonly key: string;
  readonly pod: string;
  /** `http://10.1.2.3:8081/status`. */
  readonly url: string;
}

export interface ScraperOptions {
  readonly clock: Clock;
  readonly targets: () => readonly ScrapeTarget[];
  /** The text of the answer; throws when there is none in time. */
  readonly fetchText: (url: string, signal: AbortSignal) => Promise<string>;
  /** A worker's answer differs from its last one in what matters at once: its state, liveness or problem. */
  readonly onNews: (key: string) => void;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
}

/** An answer with more than this is not a worker's. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export class Scraper {
  private readonly options: Required<ScraperOptions>;
  private answers = new Map<string, Map<string, WorkerView>>();

  constructor(options: ScraperOptions) {
    this.options = { everyMs: 3_000, timeoutMs: 1_500, concurrency: 32, ...options };
  }

  /** The last answers of a job's workers; a worker that never answered is not among them. */
  of(key: string): readonly WorkerView[] {
    return [...(this.answers.get(key)?.values() ?? [])];
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.round(signal);
      await sleepUntilAborted(this.options.clock, this.options.everyMs, signal);
    }
  }

  /** Asks every worker once. */
  async round(signal: AbortSignal): Promise<void> {
    const targets = this.options.targets();
    this.forgetOthers(targets);
    const queue = targets.values();
    const worker = async (): Promise<void> => {
      for (const target of queue) {
        if (signal.aborted) return;
        await this.ask(target, signal);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.options.concurrency, targets.length) }, worker));
  }

  private async ask(target: ScrapeTarget, signal: AbortSignal): Promise<void> {
    let view: WorkerView;
    try {
      const text = await this.options.fetchText(
        target.url,
        AbortSignal.any([signal, AbortSignal.timeout(this.options.timeoutMs)]),
      );
      view = { pod: target.pod, status: parseWorkerStatus(text), atMs: this.options.clock.now() };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // No answer is normal while a worker starts or ends; how old the last one is tells the rest.
      return;
    }
    const ofJob = this.answers.get(target.key) ?? new Map<string, WorkerView>();
    this.answers.set(target.key, ofJob);
    const before = ofJob.get(target.pod);
    ofJob.set(target.pod, view);
    if (gist(before) !== gist(view)) this.options.onNews(target.key);
  }

  private forgetOthers(targets: readonly ScrapeTarget[]): void {
    const kept = new Map<string, Map<string, WorkerView>>();
    for (const { key, pod } of targets) {
      const ofJob = kept.get(key) ?? new Map<string, WorkerView>();
      kept.set(key, ofJob);
      const known = this.answers.get(key)?.get(pod);
      if (known !== undefined) ofJob.set(pod, known);
    }
    this.answers = kept;
  }
}

function gist(view: WorkerView | undefined): string {
  const status = view?.status ?? null;
  return status === null ? '' : JSON.stringify([status.state, status.live, status.problem]);
}

/** The body of a GET, in memory, bounded. */
export async function fetchStatusText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal, redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error(`${url} answered more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
