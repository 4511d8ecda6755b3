// Events in columns, from which the results that must come out are computed the plain way: all events of a user, sorted by time, put
// into every window they are in.
import type { RaceWindow } from '../cases.ts';
import { groupByUser, type ResultRow } from './result-rows.ts';
import { type Event, windowRows } from './window-rows.ts';

export interface Expected {
  /** Highest event time of the data. */
  readonly maxTimeMs: number;
  /** Users have numbers below this. */
  readonly users: number;
  /** Rows of a user in the order of their starts. */
  rowsOf(user: number): readonly ResultRow[];
}

export class EventColumns {
  readonly #users: Uint32Array;
  readonly #times: Float64Array;
  readonly #durations: Int32Array;
  #length = 0;
  #highestUser = -1;
  #maxTimeMs = -Infinity;

  constructor(capacity: number) {
    this.#users = new Uint32Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#durations = new Int32Array(capacity);
  }

  add(event: { readonly user: number; readonly timeMs: number; readonly durationMs: number }): void {
    const at = this.#length++;
    if (at >= this.#users.length) throw new RangeError(`more than the ${this.#users.length} events there should be`);
    this.#users[at] = event.user;
    this.#times[at] = event.timeMs;
    this.#durations[at] = event.durationMs;
    this.#highestUser = Math.max(this.#highestUser, event.user);
    this.#maxTimeMs = Math.max(this.#maxTimeMs, event.timeMs);
  }

  /** `which`: only these rows. */
  expected(window: RaceWindow, which: (row: ResultRow) => boolean = () => true): Expected {
    const users = this.#highestUser + 1;
    const { order, starts } = groupByUser(this.#users.subarray(0, this.#length), users);
    const eventsOf = (user: number): Event[] =>
      Array.from(order.subarray(starts[user], starts[user + 1]), (index) => ({
        timeMs: this.#times[index] as number,
        durationMs: this.#durations[index] as number,
      }));
    return {
      maxTimeMs: this.#maxTimeMs,
      users,
      rowsOf: (user) => windowRows(user, eventsOf(user), window).filter(which),
    };
  }
}
