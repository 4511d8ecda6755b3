// The operator's own HTTP: probes and metrics.
import express from 'express';
import type { Server } from 'node:http';
import type { Registry } from 'prom-client';

export interface HttpServerOptions {
  readonly port: number;
  readonly registry: Registry;
  /** Refreshes gauges before they are read. */
  readonly beforeScrape: () => void;
  /** Null when ready, else why not. */
  readonly notReady: () => string | null;
}

export interface HttpServer {
  /** The port in use; differs from the one asked for when that was 0. */
  readonly port: number;
  close(): Promise<void>;
}

export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', (_request, response) => {
    const reason = options.notReady();
    response
      .status(reason === null ? 200 : 503)
      .json(reason === null ? { status: 'ready' } : { status: 'not ready', reason });
  });
  app.get('/metrics', async (_request, response) => {
    options.beforeScrape();
    response.type(options.registry.contentType).send(await options.registry.metrics());
  });
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = app.listen(options.port, (error?: Error) =>
      error === undefined ? resolve(listening) : reject(error),
    );
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}
