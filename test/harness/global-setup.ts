// Vitest's global set-up for tests that use real servers: the run's main process owns them, starts one when the first test file asks for it
// (shared.ts), and ends them after the last.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './exit-hooks.ts';
import { ServiceOwner, SOCKET_VARIABLE } from './shared.ts';

/** Called by vitest once before the tests; what it returns is called once after them. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Several projects of one run name this file: the first serves them all.
  if (process.env[SOCKET_VARIABLE] !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'streamjob-run-'));
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const socketPath = join(folder, 'services.sock');
  const services = new ServiceOwner();
  const server = createServer((request, response) => {
    const answer = request.url === '/broker' ? services.broker() : request.url === '/s3' ? services.s3() : undefined;
    if (answer === undefined) {
      response.writeHead(404).end(`no service at ${request.url ?? ''}`);
      return;
    }
    answer.then(
      (service) => response.writeHead(200).end(JSON.stringify(service)),
      (error: unknown) =>
        response.writeHead(500).end(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  process.env[SOCKET_VARIABLE] = socketPath;
  return async () => {
    delete process.env[SOCKET_VARIABLE];
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
    await services.stop();
    rmSync(folder, { recursive: true, force: true });
    forget();
  };
}
