// Memory for large answers, used again: a fetch of some megabytes every few milliseconds as fresh memory keeps the garbage collector and
// the kernel busier than the records do.

const MIN_BYTES = 64 * 1024;
const CLASSES = 12;

/** Frames of 64 KiB to 128 MiB, kept by powers of two; smaller and larger ones are fresh each time. */
export class FramePool {
  readonly #free: ArrayBufferLike[][] = Array.from({ length: CLASSES }, () => []);
  readonly #maxBytes: number;
  #freeBytes = 0;

  /** `maxBytes`: of memory that waits to be used again. */
  constructor(maxBytes = 32 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** Memory of this length; its content is what it was. */
  take(length: number): Buffer {
    const index = classOf(length);
    if (index < 0) return Buffer.allocUnsafeSlow(length);
    const memory = this.#free[index]!.pop();
    if (memory === undefined) return Buffer.allocUnsafeSlow(MIN_BYTES << index).subarray(0, length);
    this.#freeBytes -= memory.byteLength;
    return Buffer.from(memory, 0, length);
  }

  /** Nobody looks at the frame any more. It must have come from `take`, and must be given back once at most. */
  give(frame: Buffer): void {
    const memory = frame.buffer;
    const index = classOf(memory.byteLength);
    if (index < 0 || memory.byteLength !== MIN_BYTES << index) return;
    if (this.#freeBytes + memory.byteLength > this.#maxBytes) return;
    this.#freeBytes += memory.byteLength;
    this.#free[index]!.push(memory);
  }
}

/** −1 for sizes that are not kept. */
function classOf(length: number): number {
  if (length < MIN_BYTES / 2) return -1;
  const index = Math.max(0, Math.ceil(Math.log2(length / MIN_BYTES)));
  return index < CLASSES ? index : -1;
}
