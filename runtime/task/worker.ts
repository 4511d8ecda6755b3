// One worker: joins the group, owns tasks, folds what the reader brings, commits, hands tasks over. All work happens on one thread;
// the loops below meet only in the slots and in the commit cycle's buffers.
import { BaselineStore, CheckpointStore } from '../checkpoint/index.ts';
import type { TopicPartition } from '../log/broker.ts';
import {
  fetchCommitted,
  GroupMember,
  LogReader,
  TransactionalProducer,
  type GroupAssignment,
  type TransactionError,
  partitionKey,
} from '../log/client/index.ts';
import { badRecordReporter } from './bad-record-reporter.ts';
import { firstOffset, type BaselineOptions } from './baseline.ts';
import { beginIncarnation } from './begin-incarnation.ts';
import { Checkpointer } from './checkpointer.ts';
import { CommitCycle, type CommitReport } from './commit-cycle.ts';
import { DepartedMembers } from './departed-members.ts';
import { FoldLoop } from './fold-loop.ts';
import { Notifier } from './notifier.ts';
import { countOf, partitionCounts } from './partition-counts.ts';
import { commitIntervalMs, smoothed, URGENT_INTERVAL_MS, type CommitCost } from './pace.ts';
import { FatalProblem, PlanMismatch } from './problem.ts';
import { groupWatermark } from './group-watermark.ts';
import { ReadPacer } from './read-pacer.ts';
import { checkStateLimit } from './state-limit.ts';
import { createTaskContext, type TaskContext } from './task-context.ts';
import { createTask } from './task-factory.ts';
import { TaskLoader } from './task-loader.ts';
import type { TaskSlot } from './task-slot.ts';
import { TaskTable } from './task-table.ts';
import { trimShuffleLog } from './trim-shuffle-log.ts';
import type { WorkerOptions } from './worker-options.ts';

const STOP_BUDGET_MS = 45_000;

export class Worker {
  readonly #options: WorkerOptions;
  readonly #tasks: TaskTable;
  readonly #context: TaskContext;
  readonly #departed: DepartedMembers;
  readonly #reader: LogReader;
  readonly #member: GroupMember;
  readonly #producer: TransactionalProducer;
  readonly #cycle: CommitCycle;
  readonly #folding: FoldLoop;
  readonly #pacer: ReadPacer;
  readonly #checkpointer: Checkpointer;
  readonly #baseline: BaselineOptions;
  readonly #commitWanted = new Notifier();
  readonly #committed = new Notifier();
  /** Ends everything; its reason is the error that ended the run, if one did. */
  readonly #end = new AbortController();
  #stopping = false;
  #assignment: GroupAssignment | null = null;
  #cost: CommitCost = { durationMs: 0, partitions: 0, workers: 1 };
  #lastCommitAtMs: number | null = null;
  #memory: 'fine' | 'tight' = 'fine';
  /** Rounds of the commit loop that are over. */
  #rounds = 0;
  /**
   * Rises with every turn of a loop, and with every attempt at something that is waited for: a watchdog sees a worker that hangs,
   * not one that has nothing to do or that no restart can help.
   */
  turns = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { broker, clock, random, job, planHash, incarnation, instanceId, topics } = options;
    const groupId = incarnation.id;
    this.#reader = new LogReader({
      broker,
      clock,
      random,
      reuseMemory: true,
      waiting: (why) => this.#waitFor('reader', why),
    });
    this.#producer = new TransactionalProducer({
      broker,
      clock,
      random,
      transactionalId: options.transactionalId(instanceId),
      transactionTimeoutMs: job.delivery.transactionTimeoutMs,
      waiting: (why) => this.#waitFor('commit', why),
    });
    this.#departed = new DepartedMembers(options, this.#end.signal);
    this.#checkpointer = new Checkpointer({
      store: new CheckpointStore({ store: options.store, incarnation: incarnation.id, clock, random }),
      clock,
      planHash,
      intervalMs: job.checkpoint.intervalMs,
      retain: job.checkpoint.retain,
      host: {
        storeFailing: (error) => options.troubles.storage(error),
        verified: (slot, report) => this.#onVerified(slot, report),
        removed: (slot, ids, error) => this.#onRemoved(slot, ids, error),
        generation: () => this.#member.stamp()?.generation ?? 0,
      },
    });
    this.#baseline = {
      broker,
      clock,
      random,
      store: new BaselineStore(options.store, incarnation.id),
      incarnation,
      planHash,
      transactionTimeoutMs: job.delivery.transactionTimeoutMs,
      sourceTopic: topics.source.topic,
      startFrom: firstOffset(job.source.kafka.startFrom),
    };
    const loader = new TaskLoader({
      broker,
      clock,
      random,
      groupId,
      identity: { incarnation, planHash },
      checkpointer: this.#checkpointer,
      fellBack: (slot, broken, to) => {
        options.metrics.checkpointFallbacks.inc();
        for (const { id, reason } of broken)
          options.log.warn('checkpoint-broken', { task: slot.name, checkpoint: id, reason, to });
      },
    });
    const all = [topics.source.topic, ...(topics.shuffle === null ? [] : [topics.shuffle.topic])];
    this.#member = new GroupMember({
      broker,
      clock,
      random,
      groupId,
      instanceId,
      protocolName: `sj-${planHash}`,
      topics: all,
      events: {
        claims: () => this.slots.map(({ partition }) => partition),
        partitionCounts: () => partitionCounts(broker, topics),
        beforeAssignment: async (stamp, counts) => {
          const baseline = { ...this.#baseline, troubles: options.troubles };
          this.#departed.committed(await beginIncarnation(baseline, counts, stamp, this.#end.signal));
        },
        departed: (instanceIds) => void this.#departed.fence(instanceIds),
        assigned: (assignment) => this.#onAssigned(assignment),
        lost: (reason) => this.#onLost(reason),
        waiting: (why) => this.#waitFor('group', why),
        fatal: (error) => this.#end.abort(error),
      },
    });
    this.#cycle = new CommitCycle({
      broker,
      clock,
      random,
      producer: this.#producer,
      groupId,
      head: { inc: incarnation.number, plan: planHash, by: instanceId },
      host: {
        slots: () => this.#tasks.slots,
        stamp: () => this.#member.stamp(),
        whenSettled: (signal) => this.#member.whenSettled(signal),
        wantsSnapshot: (slot) => this.#checkpointer.isDue(slot),
        committed: (report) => this.#onCommitted(report),
        disagrees: (slot, committed) => {
          options.log.warn('task-reload', {
            task: slot.name,
            expected: slot.committed.offset,
            committed: committed.offset,
          });
          this.#tasks.reload(slot);
        },
        failing: (error, attempt) => this.#onCommitFailing(error, attempt),
        waiting: (why) => this.#waitFor('commit', why),
      },
    });
    this.#context = createTaskContext({
      ...options,
      onBadRecord: badRecordReporter(options),
      groupWatermark: async () => {
        try {
          return await groupWatermark({ broker, clock, groupId, shuffle: topics.shuffle, signal: this.#end.signal });
        } catch (error) {
          this.#fail(error);
          return null;
        }
      },
    });
    this.#tasks = new TaskTable({
      ...options,
      reader: this.#reader,
      loader,
      end: this.#end.signal,
      create: (partition) => createTask(this.#context, partition),
      dropOutputs: (slot) => this.#cycle.drop(slot),
      wantCommit: () => this.#commitWanted.notify(),
      failed: (error) => this.#fail(error),
    });
    this.#folding = new FoldLoop({
      ...options,
      reader: this.#reader,
      tasks: this.#tasks,
      cycle: this.#cycle,
      commitWanted: this.#commitWanted,
      committed: this.#committed,
      rounds: () => this.#rounds,
      committedOffset: async ({ partition }) => {
        const asked = { broker, clock, random, groupId, partitions: [partition], signal: this.#end.signal };
        const [found] = await fetchCommitted(asked);
        return found?.offset ?? -1;
      },
      turned: () => {
        this.turns++;
        this.#memory = checkStateLimit(this.slots, options.stateLimitBytes ?? Number.POSITIVE_INFINITY);
      },
    });
    this.#pacer = new ReadPacer({
      broker,
      clock,
      groupId,
      reader: this.#reader,
      maxDriftMs: job.source.watermark.maxDriftMs,
      sourceTopic: topics.source.topic,
      slots: () => this.slots,
      partitionCount: () => this.#context.sourcePartitions,
      memoryIsTight: () => this.#memory === 'tight',
    });
  }

  get slots(): readonly TaskSlot[] {
    return this.#tasks.slots;
  }

  get lastCommitAtMs(): number | null {
    return this.#lastCommitAtMs;
  }

  /** A member with an assignment whose tasks are all live. */
  get live(): boolean {
    return (
      this.#assignment !== null &&
      !this.#stopping &&
      this.slots.every(({ state }) => state === 'live' || state === 'draining')
    );
  }

  /** Runs until `signal` (a graceful stop: last commit, checkpoints, leave) or an error: FatalProblem, PlanMismatch, or a bug. */
  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const end = this.#end.signal;
    await this.#producer.initialise(AbortSignal.any([signal, end]));
    const loops = [
      this.#guard(this.#member.run(end)),
      this.#guard(this.#reader.run(end)),
      this.#guard(this.#folding.run(end)),
      this.#guard(this.#pacer.run(end)),
      this.#guard(this.#commit(end)),
    ];
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
      end.addEventListener('abort', () => resolve(), { once: true });
    });
    await stopped;
    if (!end.aborted) {
      log.info('stopping', { tasks: this.#tasks.size });
      await this.#handOverAll();
      // First: a commit that still waits for the membership is called off, it has not failed.
      this.#end.abort();
      await this.#member.leave('the worker stops');
    } else if (end.reason instanceof FatalProblem || end.reason instanceof PlanMismatch) {
      await this.#member.leave(`stopped: ${end.reason.message}`);
    }
    await Promise.all(loops);
    await this.#checkpointer.settle();
    if (end.reason instanceof Error && end.reason.name !== 'AbortError') throw end.reason;
  }

  // ---- loops

  async #commit(end: AbortSignal): Promise<void> {
    const { clock, job } = this.#options;
    while (!end.aborted) {
      const begun = clock.monotonicMs();
      if (this.#member.stamp() !== null) await this.#cycle.commit(end);
      this.#rounds++;
      this.turns++;
      this.#committed.notify();
      this.#release();
      const elapsed = clock.monotonicMs() - begun;
      await clock.sleep(Math.max(0, URGENT_INTERVAL_MS - elapsed), end);
      await this.#commitWanted.wait(
        clock,
        commitIntervalMs(job.delivery.commitIntervalMs, this.#cost) - Math.max(elapsed, URGENT_INTERVAL_MS),
        end,
      );
    }
  }

  /** A loop that fails ends the worker; one that was told to end is no failure. */
  async #guard(loop: Promise<void>): Promise<void> {
    try {
      await loop;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#end.signal.aborted) this.#end.abort(error);
  }

  #waitFor(part: string, why: string | null): void {
    this.turns++;
    this.#options.troubles.waiting(part, why);
  }

  // ---- membership

  #onAssigned(assignment: GroupAssignment): void {
    const { log, metrics } = this.#options;
    this.#assignment = assignment;
    this.#departed.assigned(assignment);
    this.#context.sourcePartitions = countOf(assignment, this.#context.sourceTopic) ?? this.#context.sourcePartitions;
    this.#cost = { ...this.#cost, workers: Math.max(1, assignment.map.instances.length) };
    metrics.rebalances.inc();
    log.info('assigned', {
      generation: assignment.stamp.generation,
      leader: assignment.isLeader,
      workers: assignment.map.instances.length,
      tasks: assignment.partitions.length,
      releasing: assignment.releasing.length,
    });
    const keys = (partitions: readonly TopicPartition[]) => new Set(partitions.map(partitionKey));
    const [wanted, releasing] = [keys(assignment.partitions), keys(assignment.releasing)];
    for (const slot of this.slots) {
      const key = partitionKey(slot.partition);
      if (releasing.has(key)) this.#tasks.letGo(slot);
      // Taken away without being asked for: it may belong to another by now, and must not be committed under the new generation.
      else if (!wanted.has(key)) this.#tasks.remove(slot);
    }
    this.#beginMissing();
    this.#release();
    this.#commitWanted.notify();
  }

  /** Begins the assigned tasks that are not there: new ones, and those that were let go and came back meanwhile. */
  #beginMissing(): void {
    if (this.#stopping) return;
    for (const partition of this.#assignment?.partitions ?? [])
      if (this.#tasks.of(partition) === undefined) this.#tasks.begin(partition);
  }

  #onLost(reason: string): void {
    this.#options.log.warn('membership-lost', { reason, tasks: this.#tasks.size });
    this.#assignment = null;
    for (const slot of this.slots) this.#tasks.remove(slot);
  }

  // ---- hand-over

  /** Drained tasks are released only now that their last commit is known: a JoinGroup without them may follow. */
  #release(): void {
    const drained = this.#tasks.releaseDrained();
    if (this.#stopping || this.#assignment === null) return;
    this.#beginMissing();
    const { releasing } = this.#assignment;
    if (releasing.length === 0 || releasing.some((partition) => this.#tasks.of(partition) !== undefined)) return;
    this.#assignment = { ...this.#assignment, releasing: [] };
    this.#member.rejoin(`released ${drained.length} tasks`);
  }

  async #handOverAll(): Promise<void> {
    const { clock, log } = this.#options;
    this.#stopping = true;
    const deadline = clock.monotonicMs() + STOP_BUDGET_MS;
    for (const slot of this.slots) this.#tasks.letGo(slot);
    while (this.#tasks.size > 0 && clock.monotonicMs() < deadline && !this.#end.signal.aborted) {
      this.#commitWanted.notify();
      await this.#committed.wait(clock, 100, this.#end.signal).catch((error: unknown) => {
        if (!this.#end.signal.aborted) throw error;
      });
    }
    if (this.#tasks.size > 0) log.warn('stopped-early', { tasks: this.#tasks.size, budgetMs: STOP_BUDGET_MS });
  }

  // ---- commits

  #onCommitted(report: CommitReport): void {
    const { metrics, clock, print } = this.#options;
    const partitions = report.outputs.partitionCount + 1;
    this.#cost = smoothed(this.#cost, { durationMs: report.durationMs, partitions, workers: this.#cost.workers });
    this.#lastCommitAtMs = clock.now();
    metrics.commitSeconds.observe(report.durationMs / 1000);
    metrics.commits.inc();
    for (const line of report.outputs.printedLines) print(line);
    for (const entry of report.entries) {
      void this.#guard(this.#checkpointer.store(entry));
      if (entry.names !== null) void this.#guard(this.#checkpointer.named(entry));
    }
  }

  #onCommitFailing(error: TransactionError | null, attempt: number): void {
    this.turns++;
    this.#options.troubles.commit(error);
    if (error === null) return;
    this.#options.metrics.commitRetries.inc({ reason: error.code });
    this.#options.log.warn('commit-failed', { code: error.code, kind: error.kind, attempt, error: error.message });
  }

  #onVerified(slot: TaskSlot, { sizeBytes, durationMs }: { sizeBytes: number; durationMs: number }): void {
    const { metrics, log } = this.#options;
    metrics.checkpointSeconds.observe(durationMs / 1000);
    metrics.checkpointBytes.observe(sizeBytes);
    log.info('checkpoint', {
      task: slot.name,
      checkpoint: slot.verified?.id,
      sizeBytes,
      durationMs: Math.round(durationMs),
    });
    if (slot.state === 'draining') this.#commitWanted.notify();
  }

  #onRemoved(slot: TaskSlot, ids: readonly string[], error: Error | null): void {
    if (error !== null)
      this.#options.log.warn('checkpoint-delete-failed', { task: slot.name, checkpoints: ids, error: error.message });
    void this.#guard(trimShuffleLog(this.#options, slot));
  }
}
