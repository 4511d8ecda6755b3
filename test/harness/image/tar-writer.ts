// Writes tar archives that are the same bytes for the same files: no times, no owners, and in the order in which they are given.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const BLOCK = 512;
const LONGEST_NAME = 100;
const FILE = '0';
const FOLDER = '5';
const EXTENDED = 'x';

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** One 512-byte header in the ustar format of POSIX.1-1988. */
function header(name: string, sizeBytes: number, mode: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, LONGEST_NAME, 'utf8');
  block.write(octal(mode, 8), 100, 'latin1');
  block.write(octal(0, 8), 108, 'latin1');
  block.write(octal(0, 8), 116, 'latin1');
  block.write(octal(sizeBytes, 12), 124, 'latin1');
  block.write(octal(0, 12), 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** A record of the pax format of POSIX.1-2001: its length in front counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`);
  return Buffer.from(`${length}${rest}`);
}

/** An archive being written to a file, with the digest of all its bytes. */
export class TarWriter {
  readonly #file: number;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  #write(bytes: Uint8Array): void {
    writeSync(this.#file, bytes);
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
  }

  #entry(name: string, content: Uint8Array, mode: number, type: string): void {
    if (Buffer.byteLength(name) > LONGEST_NAME) {
      const record = paxRecord('path', name);
      this.#write(header('pax-header', record.length, 0o644, EXTENDED));
      this.#content(record);
    }
    this.#write(header(name, content.length, mode, type));
    this.#content(content);
  }

  #content(content: Uint8Array): void {
    this.#write(content);
    this.#write(Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
  }

  /** Adds a file; `name` is its path without a leading slash. */
  add(name: string, content: string | Uint8Array, mode = 0o644): void {
    this.#entry(name, typeof content === 'string' ? Buffer.from(content) : content, mode, FILE);
  }

  /** Adds a copy of the file at `path`. */
  addFrom(name: string, path: string, mode = 0o644): void {
    this.add(name, readFileSync(path), mode);
  }

  addFolder(name: string, mode = 0o755): void {
    this.#entry(`${name}/`, new Uint8Array(0), mode, FOLDER);
  }

  /** Ends the archive. The digest is the hex SHA-256 of the file. */
  close(): { readonly digest: string; readonly sizeBytes: number } {
    this.#write(Buffer.alloc(2 * BLOCK));
    closeSync(this.#file);
    return { digest: this.#hash.digest('hex'), sizeBytes: this.#sizeBytes };
  }
}
