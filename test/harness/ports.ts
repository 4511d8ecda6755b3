// Free TCP ports, and waiting for a port to be served or to be free again.
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;

function listen(host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening TCP server has no port');
  return address.port;
}

/** `count` different ports on which nothing listens just now on any address. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  for (let i = 0; i < count; i += 1) servers.push(await listen('0.0.0.0'));
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Whether something accepts connections on the port. */
export function portServed(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.setTimeout(1000);
    const finish = (served: boolean) => (): void => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', finish(true));
    socket.once('error', finish(false));
    socket.once('timeout', finish(false));
  });
}

export interface WaitOptions {
  readonly timeoutMs: number;
  /** What is waited for, for the error. */
  readonly what: string;
  /** Called at every turn; throw here to give up early, for example because the process has died. */
  readonly check?: () => void;
  readonly pollMs?: number;
}

/** Asks `condition` until it holds; fails with a text that names what was waited for, and the last error if there was one. */
export async function waitUntil(condition: () => Promise<boolean>, options: WaitOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.check?.();
    let lastError: Error | undefined;
    try {
      if (await condition()) return;
    } catch (error) {
      lastError = error instanceof Error ? error : new Error(String(error));
    }
    if (performance.now() > deadline) {
      throw new Error(
        `${options.what} did not happen within ${options.timeoutMs} ms${lastError === undefined ? '' : `: ${lastError.message}`}`,
        { cause: lastError },
      );
    }
    await delay(options.pollMs ?? POLL_MS);
  }
}
