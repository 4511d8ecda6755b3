// What a job must give, from the rules of design and reference alone: every record is kept, every row is computed anew from the records of its
// window. It runs offline, over the script, and shares nothing with the runtime.
import { aggregate, type Taken } from './aggregates.ts';
import type { JobSpec } from './random-case.ts';
import { EVERY_MS, FAR_MS, type ScriptRecord, type ScriptStep } from './script.ts';
import { BAD, CONDITIONS, type Facts, INPUTS, type Scalar } from './vocabulary.ts';

/** A state that a window of a key had when it could come out. */
export interface State {
  readonly values: readonly unknown[];
  /** It has to be among the rows. */
  required: boolean;
}

export interface History {
  readonly key: readonly Scalar[];
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly states: State[];
}

export interface LateRecord {
  readonly partition: number;
  readonly offset: number;
  readonly missed: readonly (readonly [number, number])[];
}

export interface Expected {
  /** By key and bounds. */
  readonly histories: ReadonlyMap<string, History>;
  readonly late: readonly LateRecord[];
  readonly bad: readonly { readonly partition: number; readonly offset: number }[];
}

export const historyId = (key: readonly unknown[], startMs: number | null, endMs: number | null): string =>
  JSON.stringify([key, startMs, endMs]);

interface Kept {
  readonly at: number;
  readonly eventTimeMs: number;
  readonly taken: readonly (Scalar | null)[];
}

interface Open {
  readonly key: readonly Scalar[];
  readonly startMs: number;
  readonly endMs: number;
  readonly records: readonly Kept[];
  fired: boolean;
  /** Changed since it last came out. */
  dirty: boolean;
  /** Its newest state that may come out with the next commit. */
  waiting: State | null;
}

/** The windows of one task. */
class Windows {
  watermarkMs = Number.NEGATIVE_INFINITY;
  open: Open[] = [];
  readonly #job: JobSpec;
  readonly #histories: Map<string, History>;

  constructor(job: JobSpec, histories: Map<string, History>) {
    this.#job = job;
    this.#histories = histories;
  }

  /** Bounds of the windows that the record missed, null when it entered one. */
  add(key: readonly Scalar[], record: Kept): (readonly [number, number])[] | null {
    const bounds = this.#boundsFor(key, record.eventTimeMs);
    const closed = ([, endMs]: readonly [number, number]): boolean =>
      endMs - 1 + this.#job.latenessMs <= this.watermarkMs;
    const entered = bounds.filter((each) => !closed(each));
    for (const [startMs, endMs] of entered) this.#enter(key, startMs, endMs, record);
    return entered.length > 0 ? null : bounds;
  }

  advance(watermarkMs: number): void {
    if (watermarkMs <= this.watermarkMs) return;
    this.watermarkMs = watermarkMs;
    for (const each of this.open) {
      if (!each.fired && each.endMs - 1 <= watermarkMs) {
        each.fired = true;
        if (this.#job.emit === 'close' || (this.#job.emit === 'interval' && each.dirty)) this.#comesOut(each, true);
      }
      if (this.#isOver(each)) this.#mustHaveComeOut(each);
    }
    this.open = this.open.filter((each) => !this.#isOver(each));
  }

  /** Everything that was waiting is committed. */
  settle(): void {
    for (const each of this.open) {
      if (each.waiting !== null) each.waiting.required = true;
      each.waiting = null;
    }
  }

  tick(): void {
    if (this.#job.emit === 'interval') for (const each of this.open) if (each.dirty) this.#comesOut(each, true);
  }

  closeAll(): void {
    const ends = this.open.map(({ endMs }) => endMs).filter(Number.isFinite);
    if (ends.length > 0) this.advance(Math.max(...ends) - 1);
  }

  #isOver({ endMs }: Open): boolean {
    return endMs - 1 + this.#job.latenessMs <= this.watermarkMs;
  }

  #boundsFor(key: readonly Scalar[], timeMs: number): (readonly [number, number])[] {
    const { window } = this.#job;
    if (window.kind !== 'session') return windowsOf(window, timeMs);
    const reached = this.#reached(key, timeMs, timeMs + window.gap);
    return [
      [
        Math.min(timeMs, ...reached.map(({ startMs }) => startMs)),
        Math.max(timeMs + window.gap, ...reached.map(({ endMs }) => endMs)),
      ],
    ];
  }

  #reached(key: readonly Scalar[], startMs: number, endMs: number): Open[] {
    return this.open.filter((each) => sameKey(each.key, key) && each.startMs <= endMs && startMs <= each.endMs);
  }

  #enter(key: readonly Scalar[], startMs: number, endMs: number, record: Kept): void {
    const isSession = this.#job.window.kind === 'session';
    const before = isSession
      ? this.#reached(key, startMs, endMs)
      : this.open.filter((each) => sameKey(each.key, key) && each.startMs === startMs && each.endMs === endMs);
    this.open = this.open.filter((each) => !before.includes(each));
    const entered: Open = {
      key,
      startMs,
      endMs,
      records: [...before.flatMap(({ records }) => records), record],
      fired: endMs - 1 <= this.watermarkMs,
      dirty: true,
      waiting: null,
    };
    this.open.push(entered);
    if (this.#job.emit === 'update' || (this.#job.emit === 'close' && entered.fired)) this.#comesOut(entered, false);
  }

  #mustHaveComeOut(each: Open): void {
    if (each.waiting !== null) each.waiting.required = true;
    if (this.#job.emit === 'interval' && each.dirty) this.#comesOut(each, true);
  }

  /** It does so now, or (`surely` false) may do so with any commit until it changes again. */
  #comesOut(each: Open, surely: boolean): void {
    const [startMs, endMs] = Number.isFinite(each.endMs) ? [each.startMs, each.endMs] : [null, null];
    const id = historyId(each.key, startMs, endMs);
    let history = this.#histories.get(id);
    if (history === undefined) {
      history = { key: each.key, startMs, endMs, states: [] };
      this.#histories.set(id, history);
    }
    const state = { values: this.#valuesOf(each.records), required: surely };
    history.states.push(state);
    each.dirty = false;
    each.waiting = surely ? null : state;
  }

  #valuesOf(records: readonly Kept[]): unknown[] {
    return this.#job.aggregates.map((spec, index) => {
      const taken: Taken[] = [];
      for (const { at, eventTimeMs, taken: all } of records) {
        const value = all[index]!;
        if (value !== null) taken.push({ at, eventTimeMs, value });
      }
      return aggregate(spec, taken);
    });
  }
}

const sameKey = (a: readonly Scalar[], b: readonly Scalar[]): boolean => a.every((part, index) => part === b[index]);

function windowsOf(window: JobSpec['window'], timeMs: number): (readonly [number, number])[] {
  const found: [number, number][] = [];
  const floor = (size: number, offset: number): number => Math.floor((timeMs - offset) / size) * size + offset;
  switch (window.kind) {
    case 'tumbling': {
      const startMs = floor(window.size, window.offset % window.size);
      return [[startMs, startMs + window.size]];
    }
    case 'sliding': {
      const slide = Math.min(window.slide, window.size);
      for (let startMs = floor(slide, window.offset % slide); startMs + window.size > timeMs; startMs -= slide)
        found.unshift([startMs, startMs + window.size]);
      return found;
    }
    case 'cumulative': {
      const startMs = floor(window.steps * window.step, window.offset % window.step);
      for (let count = 1; count <= window.steps; count++)
        if (startMs + count * window.step > timeMs) found.push([startMs, startMs + count * window.step]);
      return found;
    }
    case 'session':
      throw new Error('sessions depend on each other');
    case 'global':
      return [[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]];
  }
}

interface Source {
  watermarkMs: number;
  idle: boolean;
  quiet: boolean;
  offset: number;
}

/** A job over the script. Between two settled steps the records of all partitions count as read in the order of the script. */
export class Oracle {
  readonly #job: JobSpec;
  readonly #histories = new Map<string, History>();
  readonly #late: LateRecord[] = [];
  readonly #bad: { partition: number; offset: number }[] = [];
  readonly #sources: Source[];
  /** One for each partition of a direct job, else one. */
  readonly #windows: Windows[];
  #at = 0;
  #nowMs = 0;

  constructor(job: JobSpec) {
    this.#job = job;
    this.#sources = Array.from({ length: job.partitions }, () => ({
      watermarkMs: Number.NEGATIVE_INFINITY,
      idle: false,
      quiet: false,
      offset: 0,
    }));
    this.#windows = Array.from(
      { length: job.order === 'direct' ? job.partitions : 1 },
      () => new Windows(job, this.#histories),
    );
  }

  step(step: ScriptStep): void {
    switch (step.kind) {
      case 'feed':
        for (const record of step.records) this.#read(record);
        break;
      case 'settle':
      case 'checkpoint':
      case 'scale':
        this.settle();
        break;
      case 'advance':
        this.settle();
        this.#advance(step.ms);
        this.settle();
        break;
      case 'crash':
      case 'zombie':
      case 'resume':
      case 'stop':
      case 'turn':
      case 'lose':
        break;
    }
  }

  settle(): void {
    for (const windows of this.#windows) windows.settle();
  }

  end(): Expected {
    for (const source of this.#sources) source.watermarkMs = Number.MAX_SAFE_INTEGER;
    for (const windows of this.#windows) windows.advance(Number.MAX_SAFE_INTEGER);
    // Global windows come out by the clock only.
    for (const windows of this.#windows) windows.tick();
    this.settle();
    return { histories: this.#histories, late: this.#late, bad: this.#bad };
  }

  #advance(ms: number): void {
    const ticks = Math.floor((this.#nowMs + ms) / EVERY_MS) > Math.floor(this.#nowMs / EVERY_MS);
    this.#nowMs += ms;
    if (ticks) for (const windows of this.#windows) windows.tick();
    if (ms < FAR_MS) return;
    for (const source of this.#sources) {
      if (this.#job.idleTimeout) source.idle = true;
      if (this.#job.closeIdle) source.quiet = true;
    }
    if (this.#job.order !== 'direct') this.#windows[0]!.advance(this.#minimum());
    if (this.#job.closeIdle)
      for (const [index, windows] of this.#windows.entries()) {
        windows.closeAll();
        // The watermark of a direct job is its partition's.
        if (this.#job.order === 'direct') this.#sources[index]!.watermarkMs = windows.watermarkMs;
      }
  }

  #read(record: ScriptRecord): void {
    const source = this.#sources[record.partition]!;
    const offset = source.offset++;
    const read = readRecord(this.#job, record);
    if (read === 'null') return;
    if (read === 'bad') {
      this.#bad.push({ partition: record.partition, offset });
      return;
    }
    source.idle = source.quiet = false;
    const direct = this.#job.order === 'direct';
    const windows = this.#windows[direct ? record.partition : 0]!;
    const { eventTimeMs, key, taken } = read;
    if (key !== null) {
      const missed = windows.add(key, { at: this.#at++, eventTimeMs, taken });
      if (missed !== null) this.#late.push({ partition: record.partition, offset, missed });
    }
    source.watermarkMs = Math.max(source.watermarkMs, eventTimeMs - this.#job.outOfOrderMs - 1);
    windows.advance(direct ? source.watermarkMs : this.#minimum());
  }

  #minimum(): number {
    const active = this.#sources.filter(({ idle }) => !idle).map(({ watermarkMs }) => watermarkMs);
    return active.length > 0 ? Math.min(...active) : Math.max(...this.#sources.map(({ watermarkMs }) => watermarkMs));
  }
}

type Read = 'null' | 'bad' | { eventTimeMs: number; key: Scalar[] | null; taken: (Scalar | null)[] };

/** `key` null: filtered out. */
function readRecord(job: JobSpec, record: ScriptRecord): Read {
  if (record.value === null) return 'null';
  const value = parse(record.value);
  const { eventTimeMs } = record;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || eventTimeMs === null) return 'bad';
  if (job.maxFutureMs > 0 && record.timestampMs >= 0 && eventTimeMs - record.timestampMs > job.maxFutureMs)
    return 'bad';
  const facts: Facts = { ...record, value: value as Record<string, unknown> };
  if (job.where >= 0 && CONDITIONS[job.where]!.holds(facts) !== true) return { eventTimeMs, key: null, taken: [] };
  const key: Scalar[] = [];
  for (const path of job.keyBy) {
    const part = keyPart(facts, path);
    if (typeof part !== 'string' && typeof part !== 'number' && typeof part !== 'boolean') return 'bad';
    key.push(part);
  }
  const taken: (Scalar | null)[] = [];
  for (const { input, where } of job.aggregates) {
    const enters = where < 0 || CONDITIONS[where]!.holds(facts) === true;
    const took = !enters ? null : input < 0 ? true : INPUTS[input]!.take(facts);
    if (took === BAD) return 'bad';
    taken.push(took);
  }
  for (const [index, { fn, input }] of job.aggregates.entries()) {
    const took = taken[index]!;
    if (input >= 0 && took !== null && NUMERIC.has(fn) && typeof took !== 'number') return 'bad';
  }
  return { eventTimeMs, key, taken };
}

const NUMERIC: ReadonlySet<string> = new Set(['sum', 'min', 'max', 'avg', 'variance', 'stddev', 'quantile', 'topK']);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function keyPart({ key, partition, header, value }: Facts, path: string): unknown {
  switch (path) {
    case '$key':
      return key;
    case '$partition':
      return partition;
    case '$headers.h':
      return header;
    case 'u.id':
      return (value['u'] as { id?: unknown } | undefined)?.id;
    default:
      return value[path];
  }
}
