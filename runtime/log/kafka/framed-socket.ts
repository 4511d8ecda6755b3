// A TCP connection that carries frames: a length of four bytes, then as many bytes. What is large is read by the kernel straight into
// the memory where it stays, because copies and small buffers of a fetch cost more than decoding it.
import { connect, type Socket } from 'node:net';
import type { BrokerAddress } from './requests/metadata.ts';

const LENGTH_BYTES = 4;
/** Small frames, and the beginnings of large ones, pass through here. */
const SCRATCH_BYTES = 64 * 1024;
/** Far above what a fetch asks for: whoever announces more does not speak Kafka. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;
const TLS_ALERT = 0x15;

export interface FramedSocketHandlers {
  /** Memory for a frame of this length. */
  allocate(length: number): Buffer;
  /** The frame belongs to the receiver. Throwing closes the connection. */
  frame(bytes: Buffer): void;
  /** Once, however the connection ends. */
  closed(error: Error): void;
}

export class FramedSocket {
  readonly #socket: Socket;
  readonly #handlers: FramedSocketHandlers;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  /** Bytes of scratch that hold the beginning of a frame's length. */
  #pending = 0;
  /** A frame under way that did not fit into what was read at once. */
  #frame: Buffer | null = null;
  #filled = 0;
  #error: Error | null = null;

  private constructor(address: BrokerAddress, handlers: FramedSocketHandlers) {
    this.#handlers = handlers;
    this.#socket = connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer: () => this.#room(),
        callback: (size) => this.#received(size),
      },
    });
    this.#socket.on('error', (error) => (this.#error ??= error));
    this.#socket.on('close', () => handlers.closed(this.#error ?? new Error('the broker closed the connection')));
  }

  /** Rejects with the error of the socket, or when the time is up. */
  static async open(address: BrokerAddress, timeoutMs: number, handlers: FramedSocketHandlers): Promise<FramedSocket> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const framed = new FramedSocket(address, {
      ...handlers,
      closed: (error) => {
        reject(error);
        handlers.closed(error);
      },
    });
    framed.#socket.once('connect', resolve);
    const timer = setTimeout(() => framed.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
    return framed;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 'open';
  }

  /** As one piece: large parts are not copied, and must not change before the answer has come. */
  write(parts: readonly Uint8Array[]): void {
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
  }

  destroy(error: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  /** Where the next bytes are to be put. */
  #room(): Buffer {
    return this.#frame === null ? this.#scratch.subarray(this.#pending) : this.#frame.subarray(this.#filled);
  }

  #received(size: number): boolean {
    try {
      if (this.#frame === null) this.#split(this.#pending + size);
      else {
        this.#filled += size;
        if (this.#filled === this.#frame.length) this.#deliver();
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  #deliver(): void {
    const frame = this.#frame;
    this.#frame = null;
    if (frame !== null) this.#handlers.frame(frame);
  }

  /** Takes the frames out of scratch[0, end); one that goes on behind it gets memory of its own. */
  #split(end: number): void {
    const scratch = this.#scratch;
    let at = 0;
    this.#pending = 0;
    while (end - at >= LENGTH_BYTES) {
      const length = scratch.readInt32BE(at);
      if (length < 0 || length > MAX_FRAME_BYTES) throw notKafka(scratch.readUInt8(at));
      at += LENGTH_BYTES;
      const here = Math.min(length, end - at);
      this.#frame = this.#handlers.allocate(length);
      scratch.copy(this.#frame, 0, at, at + here);
      this.#filled = here;
      at += here;
      if (here < length) return;
      this.#deliver();
    }
    scratch.copyWithin(0, at, end);
    this.#pending = end - at;
  }
}

function notKafka(firstByte: number): Error {
  return new Error(
    firstByte === TLS_ALERT
      ? 'the broker wants TLS on this port'
      : 'what answers does not speak the Kafka protocol: is this the right port?',
  );
}
