// What one source partition passes on is judged as if its records came one by one, wherever a commit cuts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../log/memory/index.ts';
import { Outputs } from './outputs.ts';
import { type Click, clicks, fold, passOn, TaskWorld, written } from './task-world.cases.ts';

const click = (user: string, ts: number): Click => ({ user, ts });

test('sessions: a record that its own partition has left behind is late, also within the first commit of an owner', () => {
  const world = new TaskWorld({ clock: new VirtualClock(), spec: { window: { session: { gap: '10ms' } } } });
  const ingest = world.ingest();
  const aggregate = world.aggregate();
  const [blocks, results] = [new Outputs(), new Outputs()];
  fold(ingest, clicks(click('a', 100), click('a', 5), click('a', 300)), blocks);
  ingest.flush(blocks);
  passOn(blocks, { task: aggregate, outputs: results });
  expect(written(results, 'out')).toEqual([{ user: 'a', windowStart: 100, windowEnd: 110, n: 1 }]);
  expect(aggregate.counters.late).toBe(1);
});

test('what came before a silence is judged before it, however late it is committed', () => {
  const clock = new VirtualClock();
  const world = new TaskWorld({
    clock,
    spec: { allowedLateness: '20ms', watermark: { idleTimeout: '50ms' } },
    partitions: 2,
  });
  const [slow, fast] = [world.ingest(0), world.ingest(1)];
  const aggregate = world.aggregate();
  const [blocks, results] = [new Outputs(), new Outputs()];
  fold(fast, clicks(click('f', 1_000)), blocks);
  fast.flush(blocks);
  passOn(blocks, { task: aggregate, outputs: results });

  const later = new Outputs();
  fold(slow, clicks(click('a', 15), click('a', 5)), later);
  slow.observe({ caughtUp: true, atMs: 0 });
  slow.observe({ caughtUp: true, atMs: 50 });
  slow.flush(later);
  passOn(later, { task: aggregate, outputs: results });
  aggregate.flush(results);
  expect(aggregate.counters.late).toBe(0);
  expect(written(results, 'out')).toEqual([
    { user: 'a', windowStart: 0, windowEnd: 10, n: 1 },
    { user: 'a', windowStart: 10, windowEnd: 20, n: 1 },
  ]);
});

test('records before a silence that no commit has told of are not overtaken by the watermark of its end', () => {
  const world = new TaskWorld({ clock: new VirtualClock(), spec: { watermark: { idleTimeout: '50ms' } } });
  const ingest = world.ingest();
  const aggregate = world.aggregate();
  const [blocks, results] = [new Outputs(), new Outputs()];
  fold(ingest, clicks(click('a', 5), click('a', 25)), blocks);
  ingest.observe({ caughtUp: true, atMs: 0 });
  ingest.observe({ caughtUp: true, atMs: 50 });
  fold(ingest, clicks(click('a', 26)), blocks);
  ingest.flush(blocks);
  passOn(blocks, { task: aggregate, outputs: results });
  expect(aggregate.counters.late).toBe(0);
  expect(written(results, 'out')).toEqual([{ user: 'a', windowStart: 0, windowEnd: 10, n: 1 }]);
});

test('the first record after a silence is announced before it', () => {
  const world = new TaskWorld({
    clock: new VirtualClock(),
    spec: { watermark: { idleTimeout: '50ms' } },
    partitions: 2,
  });
  const [one, two] = [world.ingest(0), world.ingest(1)];
  const aggregate = world.aggregate();
  const [blocks, results] = [new Outputs(), new Outputs()];
  for (const each of [one, two]) {
    fold(each, clicks(click('a', 5)), blocks);
    each.observe({ caughtUp: true, atMs: 0 });
    if (each === one) each.observe({ caughtUp: true, atMs: 50 });
    each.flush(blocks);
  }
  passOn(blocks, { task: aggregate, outputs: results });
  expect(aggregate.watermark).toBe(4);
  const later = new Outputs();
  fold(one, clicks(click('a', 6)), later);
  one.flush(later);
  fold(two, clicks(click('a', 100)), later);
  two.flush(later);
  passOn(later, { task: aggregate, outputs: results });
  expect(aggregate.watermark).toBe(5);
});

test('what waits to be written is counted: partial aggregates and records that travel by themselves', () => {
  const world = new TaskWorld({ clock: new VirtualClock(), spec: { lateData: { kafka: { topic: 'late' } } } });
  const ingest = world.ingest();
  const blocks = new Outputs();
  fold(ingest, clicks(click('a', 1_000)), blocks);
  const before = ingest.stateBytes;
  const note = 'x'.repeat(1_000);
  fold(ingest, clicks(...Array.from({ length: 100 }, () => ({ user: 'a', ts: 1, note }))), blocks);
  expect(ingest.stateBytes).toBeGreaterThan(before + 100_000);
  ingest.flush(blocks);
  expect(ingest.stateBytes).toBeLessThan(100_000);
});

test('sessions: a busy commit does not count as waiting once it is written', () => {
  const world = new TaskWorld({ clock: new VirtualClock(), spec: { window: { session: { gap: '10ms' } } } });
  const ingest = world.ingest();
  const blocks = new Outputs();
  fold(ingest, clicks(...Array.from({ length: 50_000 }, (_, i) => click(`user-${i}`, 5))), blocks);
  expect(ingest.stateBytes).toBeGreaterThan(1_000_000);
  ingest.flush(blocks);
  expect(ingest.stateBytes).toBeLessThan(100_000);
});

// ---- the law: with one source partition, wherever commits cut, a shuffled job gives what a direct one does, record by record

const spec = fc.record({
  window: fc.constantFrom<Record<string, unknown>>(
    { tumbling: { size: '10ms' } },
    { sliding: { size: '10ms', slide: '5ms' } },
    { cumulative: { size: '12ms', step: '4ms' } },
    { session: { gap: '4ms' } },
  ),
  emit: fc.constantFrom({ mode: 'close' }, { mode: 'update' }),
  allowedLateness: fc.constantFrom('0s', '7ms'),
  watermark: fc.constantFrom({}, { maxOutOfOrderness: '5ms' }),
  aggregates: fc.constant({ n: { count: {} }, all: { collect: { field: 'v' } }, first: { first: { field: 'v' } } }),
});
const input = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ user: fc.constantFrom('a', 'b'), ts: fc.integer({ min: 0, max: 60 }), v: fc.nat(99) }),
    },
    { weight: 1, arbitrary: fc.constant('commit' as const) },
  ),
  { minLength: 1, maxLength: 60, size: 'max' },
);

test('within one source partition a shuffled job is exact to the record, wherever commits cut', () => {
  fc.assert(
    fc.property(spec, input, (given, all) => {
      const clock = new VirtualClock();
      const shuffled = new TaskWorld({ clock, spec: { ...given, shuffle: 'always' }, keyBy: ['$key'] });
      const whole = new TaskWorld({ clock, spec: given, keyBy: ['$key'] });
      const [ingest, aggregate, direct] = [shuffled.ingest(), shuffled.aggregate(), whole.direct()];
      let [blocks, rows, expected] = [new Outputs(), new Outputs(), new Outputs()];
      for (const each of [...all, 'commit' as const]) {
        if (each !== 'commit') {
          fold(ingest, clicks(each), blocks);
          fold(direct, clicks(each), expected);
          continue;
        }
        ingest.flush(blocks);
        passOn(blocks, { task: aggregate, outputs: rows });
        aggregate.flush(rows);
        direct.flush(expected);
        expect(sortedRows(rows)).toEqual(sortedRows(expected));
        [blocks, rows, expected] = [new Outputs(), new Outputs(), new Outputs()];
      }
      expect([aggregate.counters.late, aggregate.counters.lateWindows]).toEqual([
        direct.counters.late,
        direct.counters.lateWindows,
      ]);
    }),
    { numRuns: 200 },
  );
});

const sortedRows = (outputs: Outputs): string[] =>
  written(outputs, 'out')
    .map((row) => JSON.stringify(row))
    .sort();
