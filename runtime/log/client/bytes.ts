// A writer and a reader for small binary formats: Kafka's big-endian integers, and unsigned variable-length ones.

export class ByteWriter {
  #buffer = Buffer.allocUnsafe(256);
  #size = 0;

  uint8(value: number): this {
    this.#size = this.#reserve(1).writeUInt8(value, this.#size);
    return this;
  }

  int16(value: number): this {
    this.#size = this.#reserve(2).writeInt16BE(value, this.#size);
    return this;
  }

  int32(value: number): this {
    this.#size = this.#reserve(4).writeInt32BE(value, this.#size);
    return this;
  }

  /** Seven bits a byte, low ones first; 0 to 2^53 − 1. */
  varint(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.uint8((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.uint8(rest);
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length).set(value, this.#size);
    this.#size += value.length;
    return this;
  }

  /** Kafka's STRING. */
  string(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    return this.int16(bytes.length).bytes(bytes);
  }

  /** Length as varint. */
  text(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    return this.varint(bytes.length).bytes(bytes);
  }

  finish(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#size));
  }

  #reserve(more: number): Buffer {
    if (this.#size + more > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#size + more, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#size);
      this.#buffer = grown;
    }
    return this.#buffer;
  }
}

/** Throws RangeError beyond the end. */
export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.#buffer.readUInt8(this.#step(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#step(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#step(4));
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.uint8();
      value += (byte % 0x80) * scale;
      if (byte < 0x80) break;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError(`a number beyond 2^53 at byte ${this.#at}`);
    return value;
  }

  bytes(length: number): Buffer {
    const at = this.#step(length);
    return this.#buffer.subarray(at, at + length);
  }

  string(): string {
    return this.bytes(this.int16()).toString('utf8');
  }

  text(): string {
    return this.bytes(this.varint()).toString('utf8');
  }

  #step(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#buffer.length)
      throw new RangeError(`${length} bytes at ${at}, but there are only ${this.#buffer.length}`);
    this.#at += length;
    return at;
  }
}
