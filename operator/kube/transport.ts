// HTTP to the API server: one JSON exchange, or one stream of JSON lines (a watch). Authentication, certificates and
// proxies come from the kubeconfig; nothing here knows what the objects mean.
import * as http from 'node:http';
import * as https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeApiError, errorOfAnswer } from './api-error.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface Transport {
  /** The parsed answer of a successful exchange; throws KubeApiError otherwise. */
  exchange(request: Exchange): Promise<unknown>;
  /** Parsed lines until the server ends the stream; throws KubeApiError when it breaks or is silent for `idleMs`. */
  lines(request: { path: string; query: Query; idleMs: number; signal: AbortSignal }): AsyncIterable<unknown>;
  close(): void;
}

export interface TransportOptions {
  /** A kubeconfig file; without it KUBECONFIG, ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** How long one exchange may take. */
  readonly timeoutMs?: number;
  /** Told of every exchange and of every stream opened, with its status (0 = no answer). */
  readonly onRequest?: (method: string, status: number) => void;
}

const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export function loadKubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  if (config.getCurrentCluster() === null) {
    throw new KubeApiError(
      'Unreachable',
      'No Kubernetes cluster is configured: set KUBECONFIG, pass a kubeconfig file, or run in a pod with a service account.',
    );
  }
  return config;
}

export class HttpTransport implements Transport {
  private readonly config: KubeConfig;
  private readonly timeoutMs: number;
  private readonly onRequest: (method: string, status: number) => void;
  private readonly plainAgent = new http.Agent({ keepAlive: true });
  private readonly tlsAgent = new https.Agent({ keepAlive: true });

  constructor(config: KubeConfig, options: TransportOptions = {}) {
    this.config = config;
    this.timeoutMs = options.timeoutMs ?? 20_000;
    this.onRequest = options.onRequest ?? (() => undefined);
  }

  async exchange(request: Exchange): Promise<unknown> {
    const what = `${request.method} ${request.path}`;
    const deadline = AbortSignal.timeout(this.timeoutMs);
    const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
    const response = await this.open(request, signal);
    let text: string;
    try {
      text = await readAll(response);
    } catch (cause) {
      throw new KubeApiError('Unreachable', `${what} failed: the answer broke off: ${messageOf(cause)}`, { cause });
    }
    return answerOf(what, response.statusCode ?? 0, text);
  }

  async *lines(request: { path: string; query: Query; idleMs: number; signal: AbortSignal }): AsyncIterable<unknown> {
    const what = `WATCH ${request.path}`;
    const response = await this.open({ method: 'GET', path: request.path, query: request.query }, request.signal);
    if (response.statusCode !== 200) {
      answerOf(what, response.statusCode ?? 0, await readAll(response));
      throw new KubeApiError('ServerError', `${what} failed: HTTP ${response.statusCode ?? 0} is no stream`);
    }
    response.setTimeout(request.idleMs, () => response.destroy(new Error(`nothing came for ${request.idleMs} ms`)));
    try {
      for await (const line of splitLines(response)) yield parse(what, line);
    } catch (cause) {
      if (cause instanceof KubeApiError) throw cause;
      throw new KubeApiError('Unreachable', `${what} broke: ${messageOf(cause)}`, { cause });
    } finally {
      response.destroy();
    }
  }

  close(): void {
    this.plainAgent.destroy();
    this.tlsAgent.destroy();
  }

  private async open(request: Exchange, signal: AbortSignal): Promise<http.IncomingMessage> {
    const cluster = this.config.getCurrentCluster();
    if (cluster === null) throw new KubeApiError('Unreachable', 'No Kubernetes cluster is configured.');
    const url = new URL(cluster.server.replace(/\/+$/, '') + request.path);
    for (const [key, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) url.searchParams.set(key, String(value));
    const options: https.RequestOptions = { method: request.method, signal };
    await this.config.applyToHTTPSOptions(options);
    const payload = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    // The library fills in a plain map of headers (Authorization, Impersonate-User).
    const given = (options.headers ?? {}) as http.OutgoingHttpHeaders;
    options.headers = {
      ...given,
      accept: 'application/json',
      'user-agent': 'streamjob-operator',
      ...(payload === undefined
        ? {}
        : { 'content-type': request.contentType ?? 'application/json', 'content-length': payload.length }),
    };
    // The library's own agent is kept for proxies only: ours keeps connections alive and follows rotated certificates.
    if (!cluster.proxyUrl) options.agent = url.protocol === 'http:' ? this.plainAgent : this.tlsAgent;
    const send = url.protocol === 'http:' ? http.request : https.request;
    return new Promise((resolve, reject) => {
      const call = send(url, options, (response) => {
        this.onRequest(request.method, response.statusCode ?? 0);
        resolve(response);
      });
      call.on('error', (cause) => {
        this.onRequest(request.method, 0);
        reject(
          new KubeApiError(
            'Unreachable',
            `${request.method} ${request.path} failed: cannot reach ${cluster.server}: ${messageOf(cause)}`,
            { cause },
          ),
        );
      });
      call.end(payload);
    });
  }
}

function answerOf(what: string, status: number, text: string): unknown {
  const body = text === '' ? undefined : parseLoosely(text);
  if (status < 200 || status > 299) throw errorOfAnswer(what, status, body);
  if (body === undefined) throw new KubeApiError('ServerError', `${what} failed: the answer is not JSON`, { status });
  return body;
}

function parseLoosely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function parse(what: string, line: string): unknown {
  const value = parseLoosely(line);
  if (value === undefined)
    throw new KubeApiError('ServerError', `${what} broke: a line is not JSON: ${line.slice(0, 80)}`);
  return value;
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error(`the answer is over ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Splits by newline on bytes, so that a character cut between two chunks stays whole. */
async function* splitLines(response: http.IncomingMessage): AsyncIterable<string> {
  let rest: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8');
      rest = [];
      from = at + 1;
      if (line.trim() !== '') yield line;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
