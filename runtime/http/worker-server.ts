// The worker's HTTP port: health, readiness, metrics, and the status that the operator reads.
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import express from 'express';
import type { Registry } from 'prom-client';
import type { WorkerStatus } from '../../crds/index.ts';

export interface WorkerServerOptions {
  readonly port: number;
  readonly registry: Registry;
  /** Asked for at every request. */
  status(): WorkerStatus;
  /** Null when the worker gets on, else why it does not: Kubernetes restarts it then. */
  stuck(): string | null;
  /** Brings gauges up to date before they are read. */
  beforeMetrics(): void;
}

export interface WorkerServer extends AsyncDisposable {
  readonly port: number;
}

export async function startWorkerServer(options: WorkerServerOptions): Promise<WorkerServer> {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => {
    const why = options.stuck();
    response.status(why === null ? 200 : 503).send(why ?? 'ok');
  });
  app.get('/readyz', (_request, response) => {
    const { live, why, problem } = options.status();
    response.status(live ? 200 : 503).send(live ? 'ok' : (problem?.message ?? why ?? 'not all own tasks are live'));
  });
  app.get('/status', (_request, response) => {
    response.json(options.status());
  });
  app.get('/metrics', async (_request, response) => {
    options.beforeMetrics();
    response.type(options.registry.contentType).send(await options.registry.metrics());
  });
  const server = app.listen(options.port);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
