// Runs a script on real workers over the embedded log, under a clock that only the script moves. Unlike a test case of `streamjob test`, most steps
// do not wait for what came before: workers die, or are cut off, in the middle of their work.
import { EmbeddedCluster } from '../../../cli/embedded/embedded-cluster.ts';
import type { EmbeddedWorker } from '../../../cli/embedded/embedded-worker.ts';
import { uncheckpointed, untilAtRest, waitsFor } from '../../../cli/embedded/quiescence.ts';
import { RestoreWatch } from '../../../cli/embedded/restore-watch.ts';
import { StepClock } from '../../../cli/embedded/step-clock.ts';
import { testJob } from '../../../cli/embedded/test-job.ts';
import type { ResolvedJob } from '../../../crds/index.ts';
import { BrokerError } from '../../../runtime/log/broker.ts';
import { type LogRow, seededRandom } from '../../../runtime/log/memory/index.ts';
import { silentLogger } from '../../../runtime/logger.ts';
import type { ScriptRecord, ScriptStep } from './script.ts';

/** Turns of the event loop that unpacking a checkpoint takes at most, by far. */
const MOST_BUSY_TURNS = 20_000;
/** A lost answer of these is a session time-out: other tests have them. */
const SLOW_TO_RETRY: readonly string[] = ['joinGroup', 'syncGroup', 'leaveGroup'];
/** Longer than a partition may be silent before the reader says so again, and than a commit may be put off. */
const SILENCE_MS = 500;
/** A long silence passes in strides: the wall clock goes on, every partition is asked, and so on. */
const STRIDES = 8;

interface Member {
  readonly worker: EmbeddedWorker;
  /** What it sends from now on is held back. */
  cut(): void;
  /** What was held back arrives, late. */
  release(): void;
  /** The answer to a request is lost, `after` requests from now; `reaches`: it was executed. */
  lose(loss: { readonly after: number; readonly reaches: boolean }): void;
}

export interface Outcome {
  readonly rows: readonly LogRow[];
  readonly lateRows: readonly LogRow[];
  readonly deadRows: readonly LogRow[];
  /** As the tasks count them. */
  readonly late: number;
  readonly nowMs: number;
}

export class World {
  readonly #store = new RestoreWatch();
  readonly #clock = new StepClock(() => this.#poolIsBusy());
  readonly #cluster: EmbeddedCluster;
  readonly #results: string;
  #members: Member[] = [];
  #zombies: Member[] = [];
  #started = 0;
  #busyTurns = 0;

  constructor(job: ResolvedJob, partitions: number) {
    const inMemory = testJob(job);
    this.#results = inMemory.results;
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

  async begin(workers: number): Promise<void> {
    while (this.#members.length < workers) await this.#start();
    await this.#quiesce();
  }

  async step(step: ScriptStep): Promise<void> {
    switch (step.kind) {
      case 'feed':
        this.#feed(step.records);
        break;
      case 'settle':
        await this.#quiesce();
        break;
      case 'checkpoint':
        await this.#until(async () => (await this.#waitsFor()) ?? uncheckpointed(this.#workers));
        break;
      case 'scale':
        while (this.#members.length < step.workers) await this.#start();
        while (this.#members.length > step.workers) await this.#stop(this.#members.length - 1);
        await this.#quiesce();
        break;
      case 'turn':
        await this.#clock.runTimers(step.ms);
        break;
      case 'advance':
        await this.#advance(step.ms);
        break;
      case 'crash':
        await this.#crash();
        break;
      case 'zombie':
        await this.#cutOff();
        break;
      case 'resume':
        this.#resume();
        break;
      case 'lose':
        this.#members[0]!.lose(step);
        break;
      case 'stop':
        await this.#start();
        await this.#stop(0);
        break;
    }
  }

  async end(): Promise<Outcome> {
    this.#resume();
    this.#cluster.endInput();
    await this.#silence();
    // Global windows come out by the clock only, and what has changed since its last tick.
    await this.#advance(10_000);
    const { lateData, onBadRecord } = this.#cluster.job;
    return {
      rows: this.#cluster.read(this.#results),
      lateRows: lateData === null ? [] : this.#cluster.read(lateData.topic),
      deadRows: onBadRecord.kind === 'deadLetter' ? this.#cluster.read(onBadRecord.topic) : [],
      late: this.#workers.flatMap(({ worker }) => worker.slots).reduce((sum, { task }) => sum + task.counters.late, 0),
      nowMs: this.#clock.now(),
    };
  }

  async close(): Promise<void> {
    for (const member of [...this.#members, ...this.#zombies]) {
      const { worker } = member;
      member.release();
      await this.#ending(worker, worker.kill());
    }
    await this.#cluster.close();
  }

  get #workers(): readonly EmbeddedWorker[] {
    return this.#members.map(({ worker }) => worker);
  }

  #feed(records: readonly ScriptRecord[]): void {
    this.#cluster.append(
      records[0]!.partition,
      records.map(({ key, value, header, timestampMs }) => ({
        key,
        value,
        timestampMs,
        headers: [{ key: 'trace', value: 'on' }, ...(header === null ? [] : [{ key: 'h', value: header }])],
      })),
    );
  }

  async #start(): Promise<void> {
    let held: PromiseWithResolvers<void> | null = null;
    let loss = { after: Number.POSITIVE_INFINITY, reaches: true };
    const worker = await this.#cluster.start(`worker-${this.#started++}`, ({ api }, phase) => {
      if (held !== null) return held.promise;
      if (SLOW_TO_RETRY.includes(api) || (phase === 'after') !== loss.reaches || --loss.after > 0) return;
      loss = { after: Number.POSITIVE_INFINITY, reaches: true };
      throw new BrokerError('UNKNOWN_OUTCOME', `${api} lost ${phase}`);
    });
    this.#members.push({
      worker,
      cut: () => (held = Promise.withResolvers<void>()),
      release: () => {
        held?.resolve();
        held = null;
      },
      lose: ({ after, reaches }) => (loss = { after, reaches }),
    });
  }

  /** An orderly end. */
  async #stop(index: number): Promise<void> {
    const [{ worker }] = this.#members.splice(index, 1) as [Member];
    await this.#ending(worker, worker.stop());
  }

  /** The oldest dies without a word, and another takes its place. */
  async #crash(): Promise<void> {
    const { worker } = this.#members.shift()!;
    await this.#ending(worker, worker.kill());
    await this.#cluster.evict(worker.instanceId);
    await this.#start();
  }

  /** The oldest loses its connection, is taken for dead, and another takes its place; what it has sent may arrive at any time. */
  async #cutOff(): Promise<void> {
    const member = this.#members.shift()!;
    member.cut();
    this.#zombies.push(member);
    await this.#cluster.evict(member.worker.instanceId);
    await this.#start();
  }

  /** They are back: nothing of what they send may count, until they have joined again. */
  #resume(): void {
    for (const zombie of this.#zombies.splice(0)) {
      zombie.release();
      this.#members.push(zombie);
    }
  }

  async #advance(ms: number): Promise<void> {
    await this.#silence();
    const strides = ms > 60_000 ? STRIDES : 1;
    for (let stride = 0; stride < strides; stride++) {
      this.#clock.moveWall(ms / strides);
      await this.#silence();
    }
  }

  /** Lets silence be noticed at this very time of the wall clock. */
  async #silence(): Promise<void> {
    await this.#quiesce();
    await this.#clock.runTimers(SILENCE_MS);
    await this.#quiesce();
  }

  async #quiesce(): Promise<void> {
    await this.#until(() => this.#waitsFor());
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
  }

  /** A load that has read its checkpoint may also wait for a lost answer: then only time helps. */
  #poolIsBusy(): boolean {
    const busy = this.#workers.some(({ worker }) =>
      worker.slots.some(({ uploading, state, name }) => {
        if (state !== 'loading') this.#store.reading.delete(name);
        return uploading || (state === 'loading' && this.#store.reading.has(name));
      }),
    );
    this.#busyTurns = busy ? this.#busyTurns + 1 : 0;
    if (this.#busyTurns < MOST_BUSY_TURNS) return busy;
    this.#busyTurns = 0;
    this.#store.reading.clear();
    return false;
  }
}
