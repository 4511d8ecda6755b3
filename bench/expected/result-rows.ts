// Rows of results in columns: what a run has written, or what it should have. Millions of them fit where objects would not.

const FIRST_CAPACITY = 1 << 16;

export interface ResultRow {
  readonly user: number;
  /** Epoch ms. */
  readonly startMs: number;
  readonly endMs: number;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

const COLUMNS = ['user', 'startMs', 'endMs', 'count', 'sum', 'max'] as const;

export class ResultRows {
  #columns: readonly Float64Array[] = COLUMNS.map(() => new Float64Array(FIRST_CAPACITY));
  length = 0;

  add(row: ResultRow): void {
    const row0 = this.#columns[0] as Float64Array;
    if (this.length === row0.length) this.#columns = this.#columns.map(doubled);
    for (const [index, name] of COLUMNS.entries()) (this.#columns[index] as Float64Array)[this.length] = row[name];
    this.length++;
  }

  at(index: number): ResultRow {
    const [user = 0, startMs = 0, endMs = 0, count = 0, sum = 0, max = 0] = this.#columns.map(
      (column) => column[index],
    );
    return { user, startMs, endMs, count, sum, max };
  }

  filter(which: (row: ResultRow) => boolean): ResultRows {
    const rows = new ResultRows();
    for (let index = 0; index < this.length; index++) {
      const row = this.at(index);
      if (which(row)) rows.add(row);
    }
    return rows;
  }

  /** Calls `visit` for every user below `users` with its rows in the order of their starts. */
  forEachUser(users: number, visit: (user: number, rows: readonly ResultRow[]) => void): void {
    const { order, starts } = groupByUser(this.#columns[0]?.subarray(0, this.length) ?? [], users);
    for (let user = 0; user < users; user++) {
      const rows: ResultRow[] = [];
      for (let at = starts[user] as number; at < (starts[user + 1] as number); at++)
        rows.push(this.at(order[at] as number));
      visit(
        user,
        rows.sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs),
      );
    }
  }
}

/** Indexes by user (counting sort): those of user n are `order[starts[n], starts[n + 1])`, in their order. Throws RangeError for users out of range. */
export function groupByUser(user: ArrayLike<number>, users: number): { order: Uint32Array; starts: Uint32Array } {
  const starts = new Uint32Array(users + 1);
  for (let i = 0; i < user.length; i++) {
    const of = user[i] as number;
    if (!(of >= 0 && of < users)) throw new RangeError(`user ${of} is not one of the data's ${users}`);
    starts[of + 1] = (starts[of + 1] as number) + 1;
  }
  for (let n = 0; n < users; n++) starts[n + 1] = (starts[n + 1] as number) + (starts[n] as number);
  const next = starts.slice();
  const order = new Uint32Array(user.length);
  for (let i = 0; i < user.length; i++) {
    const of = user[i] as number;
    order[next[of] as number] = i;
    next[of] = (next[of] as number) + 1;
  }
  return { order, starts };
}

function doubled(column: Float64Array): Float64Array {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}
