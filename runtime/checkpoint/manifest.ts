// The manifest of one checkpoint: a small checksummed text that refers to immutable state objects. Persisted format, version 1:
// first line `streamjob-checkpoint 1 <crc32c of the rest, 8 hex>`, then one line of JSON.
import { crc32c } from '../log/batch/index.ts';

export interface StateObject {
  /** File name beside the manifest. */
  readonly name: string;
  /** As stored. */
  readonly sizeBytes: number;
  /** Of the stored bytes, 8 hex. */
  readonly crc32c: string;
  readonly encoding: 'zstd';
}

export interface Manifest {
  readonly task: string;
  readonly incarnation: string;
  readonly planHash: string;
  readonly offset: number;
  readonly generation: number;
  /** Wall clock of the worker, for people; nothing depends on it. */
  readonly createdAtMs: number;
  readonly objects: readonly StateObject[];
  /** Older checkpoints of the same task that are retained beside this one, newest first. */
  readonly previous: readonly string[];
}

const HEAD = /^streamjob-checkpoint (\d+) ([0-9a-f]{8})\n/;

export function encodeManifest(manifest: Manifest): Uint8Array {
  const body = Buffer.from(`${JSON.stringify(manifest)}\n`);
  return Buffer.concat([Buffer.from(`streamjob-checkpoint 1 ${hex(crc32c(body))}\n`), body]);
}

/** Throws an Error that says what is wrong with the bytes. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const head = HEAD.exec(text.subarray(0, 64).toString('latin1'));
  if (head === null) throw new Error('not a checkpoint manifest: the first line is not "streamjob-checkpoint …"');
  const [line, version, checksum] = head;
  if (version !== '1') throw new Error(`manifest of format ${version}; this worker reads format 1`);
  const body = text.subarray(line.length);
  const actual = hex(crc32c(body));
  if (actual !== checksum) throw new Error(`manifest checksum is ${actual}, should be ${checksum}: the object is torn`);
  return JSON.parse(body.toString()) as Manifest;
}

export function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
