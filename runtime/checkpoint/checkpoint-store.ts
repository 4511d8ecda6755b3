// Checkpoints of the tasks of one incarnation in an object store: save with read-back, load with verification, fall back over
// what is broken. Keys: `<incarnation>/tasks/<task>/<id>.manifest` and `<id>.state`.
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { Clock } from '../clock.ts';
import { crc32c } from '../log/batch/index.ts';
import type { Random } from '../random.ts';
import { formatCheckpointId, parseCheckpointId } from './checkpoint-id.ts';
import { decodeManifest, encodeManifest, hex, type Manifest } from './manifest.ts';
import { StoreError, type ObjectStore } from './object-store.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export interface SaveRequest {
  readonly task: string;
  readonly offset: number;
  readonly generation: number;
  readonly planHash: string;
  readonly snapshot: Uint8Array;
  /** Retained older checkpoints, newest first. */
  readonly previous: readonly string[];
}

export interface LoadedCheckpoint {
  readonly id: string;
  readonly offset: number;
  readonly snapshot: Uint8Array;
  readonly previous: readonly string[];
}

/** A checkpoint that cannot be used, with the reason in words: missing, torn, or of another plan. */
export interface BrokenCheckpoint {
  readonly id: string;
  readonly reason: string;
}

export interface CheckpointStoreOptions {
  readonly store: ObjectStore;
  /** Full incarnation name; the top folder of all keys. */
  readonly incarnation: string;
  readonly clock: Clock;
  readonly random: Random;
}

export class CheckpointStore {
  readonly #store: ObjectStore;
  readonly #incarnation: string;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: CheckpointStoreOptions) {
    this.#store = options.store;
    this.#incarnation = options.incarnation;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  get location(): string {
    return this.#store.location;
  }

  /** Uploads and reads back; the returned id may be named in a commit. Throws StoreError. */
  async save(request: SaveRequest): Promise<string> {
    const { offset, generation } = request;
    const id = formatCheckpointId({ offset, generation, random: this.#random.hex(4) });
    const state = await compress(request.snapshot);
    const object = {
      name: `${id}.state`,
      sizeBytes: state.length,
      crc32c: hex(crc32c(state)),
      encoding: 'zstd',
    } as const;
    const manifest = encodeManifest({
      task: request.task,
      incarnation: this.#incarnation,
      planHash: request.planHash,
      offset,
      generation,
      createdAtMs: this.#clock.now(),
      objects: [object],
      previous: request.previous,
    });
    await this.#create(this.#key(request.task, object.name), state);
    // The manifest comes last: whoever sees it can rely on the objects that it names.
    await this.#create(this.#key(request.task, `${id}.manifest`), manifest);
    const loaded = await this.#load(request.task, id, request.planHash);
    if ('reason' in loaded)
      throw new StoreError(
        'Failed',
        `checkpoint ${id} of ${request.task} was written but reads back broken: ${loaded.reason}`,
      );
    return id;
  }

  /** The checkpoint `id`, or why it cannot be used. Throws StoreError when the store does not answer. */
  load(task: string, id: string, planHash: string): Promise<LoadedCheckpoint | BrokenCheckpoint> {
    return this.#load(task, id, planHash);
  }

  /** Ids of other checkpoints of the task with offset in [minOffset, maxOffset], highest offset first. */
  async candidates(task: string, range: { minOffset: number; maxOffset: number }): Promise<readonly string[]> {
    const prefix = this.#key(task, '');
    const ids = (await this.#store.list(prefix))
      .filter(({ key }) => key.endsWith('.manifest'))
      .map(({ key }) => key.slice(prefix.length, -'.manifest'.length));
    return ids
      .flatMap((text) => {
        const id = parseCheckpointId(text);
        return id === null || id.offset > range.maxOffset || id.offset < range.minOffset ? [] : [{ text, id }];
      })
      .sort((a, b) => b.id.offset - a.id.offset || b.id.generation - a.id.generation || (a.text < b.text ? -1 : 1))
      .map(({ text }) => text);
  }

  /** Deletes checkpoints that this task's own chain no longer retains. Manifests first: an object without one is harmless. */
  async remove(task: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#store.remove(ids.map((id) => this.#key(task, `${id}.manifest`)));
    await this.#store.remove(ids.map((id) => this.#key(task, `${id}.state`)));
  }

  async #create(key: string, body: Uint8Array): Promise<void> {
    if ((await this.#store.create(key, body)) === 'exists')
      throw new StoreError(
        'Failed',
        `object ${key} exists already although its name is new: is the store shared by mistake?`,
      );
  }

  async #load(task: string, id: string, planHash: string): Promise<LoadedCheckpoint | BrokenCheckpoint> {
    const bytes = await this.#store.get(this.#key(task, `${id}.manifest`));
    if (bytes === null) return { id, reason: 'its manifest is missing' };
    let manifest: Manifest;
    try {
      manifest = decodeManifest(bytes);
    } catch (error) {
      return { id, reason: (error as Error).message };
    }
    const [object] = manifest.objects;
    if (object === undefined || manifest.task !== task || manifest.incarnation !== this.#incarnation)
      return { id, reason: `its manifest belongs to ${manifest.incarnation} ${manifest.task}` };
    if (manifest.planHash !== planHash)
      return { id, reason: `it was written under plan ${manifest.planHash}, this worker runs plan ${planHash}` };
    const state = await this.#store.get(this.#key(task, object.name));
    if (state === null) return { id, reason: `its object ${object.name} is missing` };
    const actual = hex(crc32c(state));
    if (state.length !== object.sizeBytes || actual !== object.crc32c)
      return {
        id,
        reason: `object ${object.name} has ${state.length} bytes and checksum ${actual}, should have ${object.sizeBytes} and ${object.crc32c}`,
      };
    return { id, offset: manifest.offset, snapshot: await decompress(state), previous: manifest.previous };
  }

  #key(task: string, name: string): string {
    return `${this.#incarnation}/tasks/${task}/${name}`;
  }
}
