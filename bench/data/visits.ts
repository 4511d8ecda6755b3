// A clickstream in which every user visits once: some thousand users are online at a time, each event is by a random one of them, and
// one who has made all events of a visit is replaced by a user who was not there yet. So keys come and go, as in real traffic.
import { type ClickStream, PAGES, START_MS } from './click-stream.ts';
import { SeededRandom } from './seeded-random.ts';

export interface VisitOptions {
  /** A multiple of `users`. */
  readonly records: number;
  readonly users: number;
  /** Online at a time. */
  readonly active: number;
  /** Event time between two records. */
  readonly microsPerRecord: number;
  /** Each event time is up to this much behind. */
  readonly lateMs: number;
  /** After the visits: this many more records, `tailStepMs` of event time apart, so that every window of a visit closes. */
  readonly tailRecords?: number;
  readonly tailStepMs?: number;
}

interface Visit {
  readonly user: number;
  readonly session: number;
  left: number;
}

const TAIL_USERS = 64;

export class Visits implements ClickStream {
  user = 0;
  session = 0;
  timeMs = 0;
  durationMs = 0;
  type: 'page_view' | 'click' = 'click';
  page = 0;

  readonly #options: VisitOptions;
  readonly #random = new SeededRandom(0x9e3779b9);
  readonly #ids: Uint32Array;
  readonly #online: Visit[] = [];
  readonly #perVisit: number;
  #started = 0;
  #made = 0;

  constructor(options: VisitOptions) {
    const { records, users, active } = options;
    if (records % users !== 0) throw new RangeError(`records (${records}) must be a multiple of users (${users})`);
    this.#options = options;
    this.#perVisit = records / users;
    this.#ids = shuffledNumbers(users, this.#random);
    while (this.#online.length < Math.min(active, users)) this.#online.push(this.#nextVisit());
  }

  next(): boolean {
    const { records, microsPerRecord, lateMs, users, tailRecords = 0, tailStepMs = 0 } = this.#options;
    const made = this.#made++;
    if (made >= records + tailRecords) return false;
    const random = this.#random;
    if (made < records) {
      const slot = random.below(this.#online.length);
      const visit = this.#online[slot] as Visit;
      this.user = visit.user;
      this.session = visit.session;
      this.timeMs = START_MS + Math.floor((made * microsPerRecord) / 1000) - random.below(lateMs);
      if (--visit.left === 0) this.#leave(slot);
    } else {
      // Users of the tail have numbers of their own: no visit of theirs can be mixed up with another.
      const tail = made - records + 1;
      this.user = users + (tail % TAIL_USERS);
      this.session = this.user;
      this.timeMs = START_MS + Math.floor((records * microsPerRecord) / 1000) + tail * tailStepMs;
    }
    this.type = random.below(10) < 7 ? 'page_view' : 'click';
    this.page = random.below(PAGES);
    this.durationMs = random.below(30_000);
    return true;
  }

  #leave(slot: number): void {
    if (this.#started < this.#options.users) this.#online[slot] = this.#nextVisit();
    else {
      this.#online[slot] = this.#online.at(-1) as Visit;
      this.#online.pop();
    }
  }

  #nextVisit(): Visit {
    const user = this.#ids[this.#started++] as number;
    return { user, session: this.#random.below(1e9), left: this.#perVisit };
  }
}

/** 0 … count − 1 in random order, so that neighbours in time are not neighbours in name (Fisher and Yates). */
export function shuffledNumbers(count: number, random: SeededRandom): Uint32Array {
  const numbers = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const swapped = numbers[last] as number;
    numbers[last] = numbers[other] as number;
    numbers[other] = swapped;
  }
  return numbers;
}
