// What a direct task decides by itself, and what a new owner makes of it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../log/memory/index.ts';
import { Outputs } from './outputs.ts';
import { type Click, clicks, fold, TaskWorld, type TaskWorldOptions, written } from './task-world.cases.ts';
import type { DirectTask } from './direct-task.ts';
import type { TaskMetadata } from './task.ts';

const click = (user: string, ts: number): Click => ({ user, ts });

const direct = (spec: TaskWorldOptions['spec']): TaskWorld =>
  new TaskWorld({ clock: new VirtualClock(), keyBy: ['$key'], spec });

test('a silence that closed windows is neither forgotten nor repeated by who replays what came before it', () => {
  const world = direct({ watermark: { closeIdleAfter: '50ms' } });
  const task = world.direct();
  const outputs = new Outputs();
  const input = () => clicks(click('a', 5), click('a', 6));
  fold(task, input(), outputs);
  const snapshot = task.snapshot();
  fold(task, clicks(click('b', 7)), outputs);
  task.observe({ caughtUp: true, atMs: 100 });
  task.observe({ caughtUp: true, atMs: 150 });
  expect(task.flush(outputs)).toBe(true);
  expect(written(outputs, 'out').map(({ n }) => n)).toEqual([2, 1]);
  const committed: TaskMetadata = task.metadata(0);
  expect([committed.quiet, committed.since]).toEqual([true, 100]);

  for (const [from, bytes] of [
    [0, null],
    [2, snapshot],
  ] as const) {
    const again = world.direct(from, bytes, committed);
    if (from === 0) fold(again, input(), null);
    fold(again, clicks(click('b', 7)), null);
    const later = new Outputs();
    again.flush(later);
    expect(written(later, 'out')).toEqual([]);
    expect(again.watermark).toBe(task.watermark);
    expect(again.metadata(0)).toEqual(committed);
  }
});

test('whoever replays goes on counting a silence that closed nothing yet', () => {
  const world = direct({ watermark: { closeIdleAfter: '50ms' } });
  const task = world.direct();
  const outputs = new Outputs();
  fold(task, clicks(click('a', 5)), outputs);
  task.observe({ caughtUp: true, atMs: 100 });
  const again = world.direct(0, null, task.metadata(0));
  fold(again, clicks(click('a', 5)), null);
  again.observe({ caughtUp: true, atMs: 150 });
  again.flush(outputs);
  expect(written(outputs, 'out')).toEqual([{ $key: 'a', windowStart: 0, windowEnd: 10, n: 1 }]);
});

// ---- the law: whatever is lost after a commit, and whichever checkpoint is left, what comes out is the same

type Step =
  | { readonly do: 'record'; readonly user: string; readonly ts: number }
  | { readonly do: 'silence' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'commit'; readonly snapshot: boolean; readonly crash: number | null };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('record' as const),
      user: fc.constantFrom('a', 'b', 'c'),
      ts: fc.integer({ min: 0, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'silence' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      snapshot: fc.boolean(),
      crash: fc.option(fc.nat({ max: 3 })),
    }),
  },
);

/** A log, its task, and what was committed. */
class Life {
  readonly clock = new VirtualClock();
  readonly world: TaskWorld;
  readonly commits: string[][] = [];
  readonly #crashes: boolean;
  readonly #log: Click[] = [];
  #task: DirectTask;
  #outputs = new Outputs();
  #committed: { offset: number; metadata: TaskMetadata | null } = { offset: 0, metadata: null };
  /** Retained ones, newest first. */
  #checkpoints: { offset: number; bytes: Uint8Array }[] = [];

  constructor(spec: TaskWorldOptions['spec'], crashes: boolean) {
    this.world = new TaskWorld({ clock: this.clock, keyBy: ['$key'], spec });
    this.#crashes = crashes;
    this.#task = this.world.direct();
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      if (each.do === 'wait') await this.clock.advance(each.ms);
      else if (each.do === 'silence') {
        const since = this.clock.now();
        this.#task.observe({ caughtUp: true, atMs: since });
        await this.clock.advance(50);
        this.#task.observe({ caughtUp: true, atMs: this.clock.now() });
        this.#commit(false);
      } else if (each.do === 'record') {
        this.#log.push({ user: each.user, ts: each.ts });
        fold(this.#task, clicks(this.#log.at(-1)!), this.#outputs);
      } else {
        this.#commit(each.snapshot);
        if (each.crash !== null && this.#crashes) this.#crash(each.crash);
      }
    }
  }

  #commit(snapshot: boolean): void {
    const task = this.#task;
    const contributes = task.flush(this.#outputs);
    const due = snapshot || task.wantsSnapshot;
    if (contributes || due || task.position !== this.#committed.offset) {
      const metadata = task.metadata(this.#checkpoints.at(-1)?.offset ?? 0);
      this.#committed = { offset: task.position, metadata };
    }
    this.commits.push(written(this.#outputs, 'out').map((row) => JSON.stringify(row)));
    this.#outputs = new Outputs();
    if (!due) return;
    this.#checkpoints = [{ offset: task.position, bytes: task.snapshot() }, ...this.#checkpoints].slice(0, 3);
    // The commit that names it.
    const metadata = task.metadata(this.#checkpoints.at(-1)!.offset);
    this.#committed = { ...this.#committed, metadata };
  }

  /** `lost`: so many of the newest checkpoints are gone as well. */
  #crash(lost: number): void {
    const { offset, metadata } = this.#committed;
    const from = metadata?.fw?.from ?? 0;
    const usable = this.#checkpoints.filter((checkpoint) => checkpoint.offset >= from);
    const left = usable[lost];
    const begin = left ?? (from === 0 ? { offset: 0, bytes: null } : (usable.at(-1) ?? null));
    if (begin === null) throw new Error('no checkpoint is left and the base lacks decisions');
    this.#task = this.world.direct(begin.offset, begin.bytes, metadata ?? {});
    this.#outputs = new Outputs();
    if (begin.offset < offset) fold(this.#task, clicks(...this.#log.slice(begin.offset, offset)), null);
  }
}

const windows: Record<string, unknown>[] = [
  { tumbling: { size: '10ms' } },
  { sliding: { size: '10ms', slide: '5ms' } },
  { session: { gap: '4ms' } },
];
const emits: Record<string, unknown>[] = [{ mode: 'close' }, { mode: 'update' }, { mode: 'interval', every: '20ms' }];

test('a crash after a commit changes nothing of what comes out, whichever checkpoint is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        window: fc.constantFrom(...windows),
        emit: fc.constantFrom(...emits),
        allowedLateness: fc.constantFrom('0s', '7ms'),
        watermark: fc.constantFrom({ closeIdleAfter: '50ms' }, { closeIdleAfter: '50ms', maxOutOfOrderness: '5ms' }),
      }),
      fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
      async (spec, steps) => {
        const [plain, crashing] = [new Life(spec, false), new Life(spec, true)];
        await plain.run(steps);
        await crashing.run(steps);
        expect(crashing.commits).toEqual(plain.commits);
      },
    ),
    { numRuns: 200 },
  );
});
