// One run of a test case: a job on the embedded log under a clock that only steps move, fed and disturbed step by step.
import type { ResolvedJob } from '../../crds/index.ts';
import { type NewRecord, seededRandom } from '../../runtime/log/memory/index.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { EmbeddedCluster } from './embedded-cluster.ts';
import type { EmbeddedWorker } from './embedded-worker.ts';
import { inputIsOver, uncheckpointed, untilAtRest, waitsFor } from './quiescence.ts';
import { RestoreWatch } from './restore-watch.ts';
import { StepClock } from './step-clock.ts';
import { testJob } from './test-job.ts';

/** Longer than a partition may be silent before the reader says so again, and than a commit may be put off. */
const SILENCE_MS = 500;
/** The wall clock goes on in this many strides at most; in each of them every partition is asked for its silence. */
const MOST_STRIDES = 16;
const SHORTEST_STRIDE_MS = 5_000;

export interface TestWorldOptions {
  /** As the manifest says it; brokers, storage and sinks are replaced. */
  readonly job: ResolvedJob;
  readonly partitions: number;
}

export class TestWorld {
  readonly #store = new RestoreWatch();
  readonly #clock: StepClock;
  readonly #cluster: EmbeddedCluster;
  readonly #results: string;
  #workers: readonly EmbeddedWorker[] = [];
  #started = 0;
  /** Bad records that workers met which are gone. */
  #badBefore = 0;

  constructor({ job, partitions }: TestWorldOptions) {
    const inMemory = testJob(job);
    this.#results = inMemory.results;
    this.#clock = new StepClock(() => this.#poolIsBusy());
    this.#cluster = new EmbeddedCluster({
      job: inMemory.job,
      sourcePartitions: partitions,
      clock: this.#clock,
      random: seededRandom(1),
      store: this.#store,
      log: silentLogger,
      print: () => undefined,
    });
  }

  /** Wall clock, ms. */
  get nowMs(): number {
    return this.#clock.now();
  }

  /** Workers that run. */
  get size(): number {
    return this.#workers.length;
  }

  /** To this many workers. */
  async scale(workers: number): Promise<void> {
    while (this.size < workers) await this.#start();
    while (this.size > workers) {
      const youngest = this.#workers[this.size - 1]!;
      this.#workers = this.#workers.slice(0, -1);
      await this.#ending(youngest, youngest.stop());
    }
    await this.quiesce();
  }

  /** The oldest worker dies without a word, and another takes its place. */
  async crash(): Promise<void> {
    const [oldest, ...others] = this.#workers;
    if (oldest === undefined) throw new Error('there is no worker that could die');
    this.#workers = others;
    await this.#ending(oldest, oldest.kill());
    await this.#cluster.evict(oldest.instanceId);
    await this.#start();
    await this.quiesce();
  }

  /** What each partition gets is one batch; resolves when all of it is processed and committed. */
  async feed(records: readonly { readonly partition: number; readonly record: NewRecord }[]): Promise<void> {
    for (const [partition, batch] of Map.groupBy(records, (each) => each.partition))
      this.#cluster.append(
        partition,
        batch.map(({ record }) => record),
      );
    await this.quiesce();
  }

  /** Nothing arrives for so long. */
  async advance(ms: number): Promise<void> {
    await this.#silence();
    const strides = Math.min(MOST_STRIDES, Math.max(1, Math.ceil(ms / SHORTEST_STRIDE_MS)));
    for (let stride = 1, moved = 0; stride <= strides; stride++) {
      const to = Math.round((ms * stride) / strides);
      this.#clock.moveWall(to - moved);
      moved = to;
      await this.#silence();
    }
  }

  /** The state of all tasks is in the store. */
  async checkpoint(): Promise<void> {
    await this.#until(async () => (await this.#waitsFor()) ?? uncheckpointed(this.#workers));
  }

  /** No record follows: every window closes. */
  async endInput(): Promise<void> {
    this.#cluster.endInput();
    await this.#until(async () => (await this.#waitsFor()) ?? inputIsOver(this.#workers));
  }

  /** Rows that came out, in the order of the results topic: JSON texts. */
  rows(): readonly string[] {
    return this.#cluster.read(this.#results).map(({ value }) => String(value));
  }

  /** Records that came after all of their windows were closed for good. */
  late(): number {
    const { lateData } = this.#cluster.job;
    if (lateData !== null) return this.#cluster.read(lateData.topic).length;
    const slots = this.#workers.flatMap(({ worker }) => worker.slots);
    return slots.reduce((sum, { task }) => sum + task.counters.late, 0);
  }

  async bad(): Promise<number> {
    const counts = await Promise.all(this.#workers.map((worker) => worker.badRecords()));
    return counts.reduce((sum, count) => sum + count, this.#badBefore);
  }

  /** Runs until there is nothing left to do. Throws when a worker fails, or when it does not come to rest. */
  async quiesce(): Promise<void> {
    await this.#until(() => this.#waitsFor());
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await this.#ending(worker, worker.kill());
    this.#workers = [];
    await this.#cluster.close();
  }

  async #start(): Promise<void> {
    const worker = await this.#cluster.start(`worker-${this.#started++}`);
    this.#workers = [...this.#workers, worker];
  }

  /** Lets silence be noticed at this very time of the wall clock. */
  async #silence(): Promise<void> {
    await this.quiesce();
    await this.#clock.runTimers(SILENCE_MS);
    await this.quiesce();
  }

  #waitsFor(): Promise<string | null> {
    return waitsFor(this.#cluster, this.#workers);
  }

  #until(reason: () => Promise<string | null>): Promise<void> {
    return untilAtRest(this.#clock, reason);
  }

  async #ending(worker: EmbeddedWorker, end: Promise<void>): Promise<void> {
    let over = false;
    const ended = end.then(() => (over = true));
    await this.#until(() => Promise.resolve(over ? null : `worker ${worker.instanceId} does not end`));
    await ended;
    this.#badBefore += await worker.badRecords();
  }

  #poolIsBusy(): boolean {
    return this.#workers.some(({ worker }) =>
      worker.slots.some(({ uploading, state, name }) => {
        if (state !== 'loading') this.#store.reading.delete(name);
        return uploading || (state === 'loading' && this.#store.reading.has(name));
      }),
    );
  }
}
