import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { FramePool } from './frame-pool.ts';
import { FramedSocket } from './framed-socket.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server that writes these pieces one after the other, each as its own, to whoever connects. */
async function serve(pieces: readonly Buffer[]): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.setNoDelay(true);
    const next = (index: number): void => {
      const piece = pieces[index];
      if (piece !== undefined) socket.write(piece, () => setImmediate(next, index + 1));
    };
    next(0);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return { host: '127.0.0.1', port: address.port };
}

async function receive(pieces: readonly Buffer[], count: number): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const framed = await FramedSocket.open(await serve(pieces), 5_000, {
    allocate: (length) => Buffer.alloc(length),
    frame: (bytes) => {
      frames.push(bytes);
      if (frames.length === count) resolve();
    },
    closed: reject,
  });
  if (count > 0) await promise;
  framed.destroy(new Error('done'));
  return frames;
}

const framed = (body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
};

test('frames come out whole, wherever the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(200_000), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 5 }),
      async (sizes, cuts) => {
        const bodies = sizes.map((size, seed) => Buffer.alloc(size, `${seed}:${size};`));
        const stream = Buffer.concat(bodies.map(framed));
        const pieces: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + cuts[i % cuts.length]!;
          pieces.push(stream.subarray(at, end));
          at = end;
        }
        const frames = await receive(pieces, bodies.length);
        expect(frames.map((frame, i) => frame.equals(bodies[i]!))).toEqual(bodies.map(() => true));
      },
    ),
    { numRuns: 8 },
  );
});

describe('what does not speak Kafka is told apart', () => {
  test.each([
    ['an HTTP server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'does not speak the Kafka protocol'],
    ['a TLS port', Buffer.from([0x15, 3, 3, 0, 2, 2, 10]), 'the broker wants TLS'],
    ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff, 0]), 'does not speak the Kafka protocol'],
  ])('%s', async (_name, bytes, message) => {
    const closed = Promise.withResolvers<Error>();
    await FramedSocket.open(await serve([bytes]), 5_000, {
      allocate: (length) => Buffer.alloc(length),
      frame: () => undefined,
      closed: closed.resolve,
    });
    expect((await closed.promise).message).toContain(message);
  });
});

test('memory that was given back is used again, for frames of its size', () => {
  const pool = new FramePool();
  const first = pool.take(300_000);
  const memory = first.buffer;
  pool.give(first);
  expect(pool.take(100_000).buffer).not.toBe(memory);
  const again = pool.take(400_000);
  expect([again.buffer === memory, again.length]).toEqual([true, 400_000]);
});

test('a pool keeps no more than it may', () => {
  const pool = new FramePool(1024 * 1024);
  const frames = [1, 2, 3].map(() => pool.take(600_000));
  for (const frame of frames) pool.give(frame);
  const memories = new Set(frames.map(({ buffer }) => buffer));
  const taken = [1, 2, 3].map(() => pool.take(600_000).buffer);
  expect(taken.filter((memory) => memories.has(memory))).toHaveLength(1);
});
