// Random lives of whole workers: input, crashes, zombies, orderly stops, joins, lost answers and a store that fails now and then,
// in schedules that follow from a seed. Whatever happens, every window must come out once and as the input says.
import { expect, test } from 'vitest';
import { MemoryStore, StoreError, type ObjectStore } from '../checkpoint/index.ts';
import type { Random } from '../random.ts';
import { systemClock } from '../clock.ts';
import { BrokerError } from '../log/broker.ts';
import { seededRandom, type Intercept } from '../log/memory/index.ts';
import { feed, oracle, setUp, sorted, tick, until, type Running, type Setup } from './worker-world.cases.ts';

const STEPS = 12;
const RECORDS_PER_STEP = 40;
const MAX_WORKERS = 3;
/** Lost answers of these are a session time-out or a wait of seconds: other tests have them. */
const RELIABLE = ['joinGroup', 'syncGroup', 'leaveGroup'];

const seeds = Array.from({ length: 4 }, (_, index) => index + 1);

test.each(seeds)('a random life is exact (seed %i)', { timeout: 60_000 }, async (seed) => {
  const life = new Life(seed);
  for (let step = 0; step < STEPS; step++) await life.step();
  await life.end();
  expect(sorted(life.setup.rows())).toEqual(sorted(oracle(life.fed)));
});

class Life {
  readonly #random: Random;
  readonly setup: Setup;
  /** Event time up to which there is input. */
  fed = 0;
  readonly #running = new Map<string, Running>();
  readonly #zombies: Running[] = [];
  #faults = true;
  #names = 0;
  readonly #history: string[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.setup = setUp({ store: this.#flaky(new MemoryStore()) });
  }

  async step(): Promise<void> {
    this.#feed();
    await this.#act();
    // Between nothing and some commits.
    await systemClock.sleep(this.#random.next() * 120);
  }

  async end(): Promise<void> {
    this.#faults = false;
    if (this.#running.size === 0) await this.#start(this.#newName());
    for (const zombie of this.#zombies) zombie.resume();
    tick(this.setup, 1_000_000);
    const wanted = oracle(this.fed).length;
    await until(`all rows are there, after ${this.#history.join(', ')}`, () => this.setup.rows().length >= wanted);
    for (const running of this.#running.values()) expect(await running.stop()).toBeNull();
  }

  async #act(): Promise<void> {
    const [name, running] = this.#anyone();
    const dice = this.#random.next();
    if (running === undefined || (dice < 0.3 && this.#running.size < MAX_WORKERS)) {
      await this.#start(this.#newName());
    } else if (dice < 0.5) {
      this.#note('crash', name);
      running.cut();
      await this.#start(name);
    } else if (dice < 0.65) {
      this.#note('zombie', name);
      running.cut();
      this.#running.delete(name);
      await this.setup.evict(name);
      this.#zombies.push(running);
    } else if (dice < 0.8) {
      this.#note('stop', name);
      this.#running.delete(name);
      expect(await running.stop()).toBeNull();
    } else if (dice < 0.9) {
      this.#note('resume', '');
      this.#zombies.shift()?.resume();
    } else {
      this.#note('evict', name);
      await this.setup.evict(name);
    }
  }

  #feed(): void {
    const to = this.fed + RECORDS_PER_STEP;
    feed(this.setup, { from: this.fed, to }, (_user, ts) => ts % 3);
    this.fed = to;
  }

  async #start(name: string): Promise<void> {
    this.#note('start', name);
    this.#running.set(name, await this.setup.start(name, this.#lossy()));
  }

  #anyone(): readonly [string, Running] | readonly ['', undefined] {
    const all = [...this.#running];
    return all[Math.floor(this.#random.next() * all.length)] ?? ['', undefined];
  }

  #newName(): string {
    return `w${this.#names++}`;
  }

  #note(what: string, name: string): void {
    this.#history.push(`${what} ${name}`);
  }

  #lossy(): Intercept {
    return ({ api }, phase) => {
      if (this.#faults && !RELIABLE.includes(api) && this.#random.next() < 0.03)
        throw new BrokerError('UNKNOWN_OUTCOME', `${api} lost ${phase}`);
    };
  }

  #flaky(store: ObjectStore): ObjectStore {
    const maybe = async <T>(work: () => Promise<T>): Promise<T> => {
      await systemClock.sleep(this.#random.next() * 10);
      if (this.#faults && this.#random.next() < 0.05) throw new StoreError('Unreachable', 'the store is away');
      return await work();
    };
    return {
      location: store.location,
      create: (key, body) => maybe(() => store.create(key, body)),
      get: (key) => maybe(() => store.get(key)),
      list: (prefix) => maybe(() => store.list(prefix)),
      remove: (keys) => maybe(() => store.remove(keys)),
      close: () => store.close(),
    };
  }
}
