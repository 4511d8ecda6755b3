// A reader over the embedded log, and somebody who takes what it has.
import { type Broker, type TopicPartition } from '../broker.ts';
import type { Intercept } from '../memory/index.ts';
import { ClientWorld, valuesOf } from './client-world.cases.ts';
import { LogReader } from './log-reader.ts';
import { partitionKey } from './partition-key.ts';
import type { LogReaderOptions, ReaderChunk, ReaderFailure, ReaderItem } from './types.ts';

export const never = new AbortController().signal;
export const IN = { topic: 'in', partition: 0 };
export const all = (partitions: number): TopicPartition[] =>
  Array.from({ length: partitions }, (_, partition) => ({ topic: 'in', partition }));

interface Setup {
  readonly partitions?: number;
  readonly brokers?: number;
  readonly intercept?: Intercept;
  readonly wrap?: (broker: Broker) => Broker;
  readonly reader?: Partial<LogReaderOptions>;
}

/** A reader and somebody who takes all it has, as soon as there is something; unless `taking` is false. */
export class World extends ClientWorld {
  readonly reader: LogReader;
  readonly items: ReaderItem[] = [];
  readonly values = new Map<string, string[]>();
  readonly whys: (string | null)[] = [];
  readonly stop = new AbortController();
  readonly running: Promise<unknown>;

  constructor(setup: Setup = {}) {
    super({ brokers: setup.brokers ?? 1 });
    this.cluster.createTopic({ topic: 'in', partitions: setup.partitions ?? 1 });
    const connected = this.connect('reader', setup.intercept);
    const broker = setup.wrap === undefined ? connected : setup.wrap(connected);
    const { clock, random } = this;
    this.reader = new LogReader({ broker, clock, random, waiting: (why) => this.whys.push(why), ...setup.reader });
    this.running = this.reader.run(this.stop.signal).catch((error: unknown) => error);
  }

  get chunks(): ReaderChunk[] {
    return this.items.filter((item) => item.kind === 'chunk');
  }

  get failures(): ReaderFailure[] {
    return this.items.filter((item) => item.kind === 'error');
  }

  takeAll(): Promise<unknown> {
    return this.#take().catch((error: unknown) => error);
  }

  async #take(): Promise<void> {
    for (;;) for (const item of await this.reader.next(this.stop.signal)) this.take(item);
  }

  take(item: ReaderItem): void {
    this.items.push(item);
    if (item.kind !== 'chunk') return;
    const key = partitionKey(item);
    const values = this.values.get(key) ?? [];
    values.push(...valuesOf(item));
    this.values.set(key, values);
  }

  append(partition: number, ...values: string[]): void {
    this.cluster.append(
      'in',
      partition,
      values.map((value) => ({ value })),
    );
  }

  numbers(partition: number): number[] {
    return (this.values.get(`in/${partition}`) ?? []).map(Number);
  }

  async end(): Promise<void> {
    this.stop.abort(new Error('the test is over'));
    await this.drive(this.running);
    await this.cluster.close();
  }
}

export const sequence = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);
