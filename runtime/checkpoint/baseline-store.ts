// The baseline of an incarnation: from which offset of which log every task began. Written once, when the incarnation starts;
// whoever finds it knows that a partition without a committed offset has lost it.
import { crc32c } from '../log/batch/index.ts';
import { hex } from './manifest.ts';
import { StoreError, type ObjectStore } from './object-store.ts';

export interface Baseline {
  readonly incarnation: string;
  readonly planHash: string;
  readonly clusterId: string;
  readonly createdAtMs: number;
  readonly topics: readonly { readonly topic: string; readonly topicId: string; readonly offsets: readonly number[] }[];
}

export class BaselineStore {
  readonly #store: ObjectStore;
  readonly #key: string;

  constructor(store: ObjectStore, incarnation: string) {
    this.#store = store;
    this.#key = `${incarnation}/baseline`;
  }

  /** Null when the incarnation has none yet. Throws StoreError, also when the object is torn. */
  async read(): Promise<Baseline | null> {
    const bytes = await this.#store.get(this.#key);
    if (bytes === null) return null;
    const text = Buffer.from(bytes).toString();
    const end = text.indexOf('\n');
    const [name, version, checksum] = text.slice(0, end).split(' ');
    const body = text.slice(end + 1);
    if (name !== 'streamjob-baseline' || version !== '1' || checksum !== hex(crc32c(Buffer.from(body))))
      throw new StoreError(
        'Failed',
        `object ${this.#key} in ${this.#store.location} is not a readable baseline (format 1): restore or delete it`,
      );
    return JSON.parse(body) as Baseline;
  }

  /** `exists` when another leader wrote it first: read it and go by it. */
  write(baseline: Baseline): Promise<'created' | 'exists'> {
    const body = `${JSON.stringify(baseline)}\n`;
    const head = `streamjob-baseline 1 ${hex(crc32c(Buffer.from(body)))}\n`;
    return this.#store.create(this.#key, Buffer.from(head + body));
  }
}
