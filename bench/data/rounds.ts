// A clickstream of very many keys that are all alive: round after round every user makes one event, in random order, and a window
// takes in whole rounds. So each window holds exactly all users.
import { type ClickStream, PAGES, START_MS } from './click-stream.ts';
import { SeededRandom } from './seeded-random.ts';
import { shuffledNumbers } from './visits.ts';

export interface RoundOptions {
  readonly users: number;
  readonly rounds: number;
  /** Event time between two records. */
  readonly microsPerRecord: number;
  /** After the rounds: this many more records, by users of their own, so that the last window closes. */
  readonly tailRecords: number;
}

const TAIL_USERS = 64;

export class Rounds implements ClickStream {
  user = 0;
  session = 0;
  timeMs = 0;
  durationMs = 0;
  type: 'page_view' | 'click' = 'click';
  page = 0;

  readonly #options: RoundOptions;
  readonly #random = new SeededRandom(0x2545f491);
  readonly #ids: Uint32Array;
  #made = 0;

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#ids = shuffledNumbers(options.users, this.#random);
  }

  next(): boolean {
    const { users, rounds, microsPerRecord, tailRecords } = this.#options;
    const made = this.#made++;
    const records = users * rounds;
    if (made >= records + tailRecords) return false;
    // Each round begins elsewhere in the shuffled order, so that the distance of two events of a user varies.
    const round = Math.floor(made / users);
    const turn = (made + round * 7919) % users;
    this.user = made < records ? (this.#ids[turn] as number) : users + (made % TAIL_USERS);
    this.session = this.user;
    this.timeMs = START_MS + Math.floor((made * microsPerRecord) / 1000);
    const random = this.#random;
    this.type = random.below(10) < 7 ? 'page_view' : 'click';
    this.page = random.below(PAGES);
    this.durationMs = random.below(30_000);
    return true;
  }
}
