// The watcher against a real HTTP server that speaks the watch protocol, with everything that goes wrong in practice.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import type { KubeObject } from '../objects.ts';
import { KubeClient } from './client.ts';
import { RESOURCES } from './resource.ts';
import { Store } from './store.ts';
import { HttpTransport } from './transport.ts';
import { type WatchEvent, Watcher } from './watcher.ts';

interface Call {
  readonly watch: boolean;
  readonly resourceVersion: string | null;
  readonly continueToken: string | null;
}

type Answer = (response: ServerResponse, call: Call) => void;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that gives its answers one after the other; after the last one every request hangs. */
async function serve(answers: readonly Answer[]): Promise<{ url: string; calls: Call[]; server: Server }> {
  const calls: Call[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    const call = {
      watch: query.get('watch') === 'true',
      resourceVersion: query.get('resourceVersion'),
      continueToken: query.get('continue'),
    };
    const answer = answers[calls.length];
    calls.push(call);
    answer?.(response, call);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    calls,
    server,
  };
}

function watcherOf(url: string, errors: string[] = []): Watcher<KubeObject> {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'test', server: url, skipTLSVerify: true }, { name: 'nobody' });
  const transport = new HttpTransport(config);
  cleanups.push(() => transport.close());
  const client = new KubeClient(transport);
  const source = {
    list: (options: object) => client.list<KubeObject>(RESOURCES.pod, options),
    watch: (options: { resourceVersion: string; timeoutSeconds: number; signal: AbortSignal }) =>
      client.watch(RESOURCES.pod, options),
  };
  return new Watcher<KubeObject>(source, {
    clock: systemClock,
    random: { next: () => 0, hex: () => '' },
    backoff: { minMs: 1, maxMs: 4 },
    pageSize: 2,
    onError: (error) => errors.push(error.code),
  });
}

/** The first `count` events, as short texts. */
async function first(watcher: Watcher<KubeObject>, count: number): Promise<string[]> {
  const stop = new AbortController();
  cleanups.push(() => stop.abort());
  const texts: string[] = [];
  for await (const event of watcher.events(stop.signal)) {
    texts.push(short(event));
    if (texts.length === count) stop.abort();
  }
  return texts;
}

const short = (event: WatchEvent<KubeObject>): string =>
  'object' in event
    ? `${event.type} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}`
    : event.type;
const thing = (name: string, resourceVersion: string): KubeObject => ({
  metadata: { name, namespace: 'n', resourceVersion },
});
const list =
  (items: readonly KubeObject[], resourceVersion: string, token?: string): Answer =>
  (response) =>
    response
      .writeHead(200)
      .end(
        JSON.stringify({ metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) }, items }),
      );
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const failure =
  (status: number): Answer =>
  (response) =>
    response.writeHead(status).end(JSON.stringify({ kind: 'Status', message: 'no', reason: 'x', code: status }));
/** Writes lines and leaves the stream open, ends it, or breaks it off. */
const stream =
  (lines: readonly string[], then: 'open' | 'end' | 'break' = 'open'): Answer =>
  (response) => {
    response.writeHead(200);
    response.flushHeaders();
    for (const text of lines) response.write(text);
    if (then === 'end') response.end();
    if (then === 'break') setImmediate(() => response.destroy());
  };

test('lists in pages, then watches from the version of the list', async () => {
  const { url, calls } = await serve([
    list([thing('a', '1'), thing('b', '2')], '', 'page2'),
    list([thing('c', '3')], '10'),
    stream([line('ADDED', thing('d', '11')), line('MODIFIED', thing('a', '12')), line('DELETED', thing('b', '13'))]),
  ]);
  expect(await first(watcherOf(url), 8)).toEqual([
    'init',
    'init-apply a@1',
    'init-apply b@2',
    'init-apply c@3',
    'init-done',
    'apply d@11',
    'apply a@12',
    'delete b@13',
  ]);
  expect(calls.map((call) => [call.watch, call.continueToken, call.resourceVersion])).toEqual([
    [false, null, null],
    [false, 'page2', null],
    [true, null, '10'],
  ]);
});

test('a stream that the server ends goes on from the last bookmark', async () => {
  const { url, calls } = await serve([
    list([], '10'),
    stream([line('ADDED', thing('a', '11')), line('BOOKMARK', thing('', '40'))], 'end'),
    stream([line('ADDED', thing('b', '41'))]),
  ]);
  expect(await first(watcherOf(url), 4)).toEqual(['init', 'init-done', 'apply a@11', 'apply b@41']);
  expect(calls.at(-1)?.resourceVersion).toBe('40');
});

test('a stream that breaks in the middle of a line goes on from the last whole one', async () => {
  const errors: string[] = [];
  const { url, calls } = await serve([
    list([], '10'),
    stream([line('ADDED', thing('a', '11')), line('ADDED', thing('b', '12')).slice(0, 20)], 'break'),
    stream([line('ADDED', thing('b', '12'))]),
  ]);
  expect(await first(watcherOf(url, errors), 4)).toEqual(['init', 'init-done', 'apply a@11', 'apply b@12']);
  expect([calls.at(-1)?.resourceVersion, errors]).toEqual(['11', ['Unreachable']]);
});

test('410 inside the stream lists anew', async () => {
  const { url } = await serve([
    list([thing('a', '1')], '10'),
    stream([line('ERROR', { kind: 'Status', code: 410, message: 'too old resource version', reason: 'Expired' })]),
    list([thing('b', '90')], '91'),
    stream([line('ADDED', thing('c', '92'))]),
  ]);
  expect(await first(watcherOf(url), 7)).toEqual([
    'init',
    'init-apply a@1',
    'init-done',
    'init',
    'init-apply b@90',
    'init-done',
    'apply c@92',
  ]);
});

test('410 as the answer to a watch lists anew', async () => {
  const { url } = await serve([
    list([], '10'),
    failure(410),
    list([], '20'),
    stream([line('ADDED', thing('c', '21'))]),
  ]);
  expect(await first(watcherOf(url), 5)).toEqual(['init', 'init-done', 'init', 'init-done', 'apply c@21']);
});

test('410 in the middle of the pages starts over from the first page', async () => {
  const { url, calls } = await serve([
    list([thing('a', '1')], '', 'old'),
    failure(410),
    list([thing('a', '5')], '6'),
    stream([]),
  ]);
  expect(await first(watcherOf(url), 5)).toEqual(['init', 'init-apply a@1', 'init', 'init-apply a@5', 'init-done']);
  expect(calls[2]?.continueToken).toBeNull();
});

test('other errors, also in the stream, are tried again from the same place', async () => {
  const errors: string[] = [];
  const { url, calls } = await serve([
    failure(503),
    list([], '10'),
    failure(500),
    stream([line('ERROR', { kind: 'Status', code: 500, message: 'etcd' })]),
    stream([line('ADDED', thing('a', '11'))]),
  ]);
  expect(await first(watcherOf(url, errors), 3)).toEqual(['init', 'init-done', 'apply a@11']);
  expect(errors).toEqual(['ServerError', 'ServerError', 'ServerError']);
  expect(calls.map((call) => call.resourceVersion)).toEqual([null, null, '10', '10', '10']);
});

test('a character that is cut between two packets stays whole', async () => {
  const bytes = Buffer.from(line('ADDED', thing('größe', '11')));
  const cut = bytes.indexOf(0xc3) + 1;
  const { url } = await serve([
    list([], '10'),
    (response) => {
      response.writeHead(200);
      response.write(bytes.subarray(0, cut), () => setImmediate(() => response.write(bytes.subarray(cut))));
    },
  ]);
  expect(await first(watcherOf(url), 3)).toEqual(['init', 'init-done', 'apply größe@11']);
});

test('survives a server that is away and comes back with other objects: the store tells what is gone', async () => {
  const told: string[] = [];
  const store = new Store<KubeObject>((key, { before, after }) =>
    told.push(`${key} ${before === undefined ? 'new' : after === undefined ? 'gone' : 'changed'}`),
  );
  const { url } = await serve([
    list([thing('a', '1'), thing('b', '2')], '10'),
    stream([], 'break'),
    failure(503),
    failure(410),
    list([thing('b', '2'), thing('c', '3')], '20'),
    stream([line('ADDED', thing('d', '21'))]),
  ]);
  const stop = new AbortController();
  cleanups.push(() => stop.abort());
  for await (const event of watcherOf(url).events(stop.signal)) {
    store.accept(event);
    if (event.type === 'apply') stop.abort();
  }
  expect(told).toEqual(['n/a new', 'n/b new', 'n/c new', 'n/a gone', 'n/d new']);
  expect([...store.values()].map((object) => object.metadata.name)).toEqual(['b', 'c', 'd']);
});

test('aborting ends a hanging list and a hanging watch at once', async () => {
  const hangingList = await serve([]);
  const hangingWatch = await serve([list([], '1'), stream([])]);
  for (const { url, calls } of [hangingList, hangingWatch]) {
    const stop = new AbortController();
    const wanted = url === hangingList.url ? 1 : 2;
    const reading = (async () => {
      const seen: string[] = [];
      for await (const event of watcherOf(url).events(stop.signal)) seen.push(short(event));
      return seen;
    })();
    while (calls.length < wanted) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await reading).toEqual(wanted === 1 ? ['init'] : ['init', 'init-done']);
  }
});

test('items of a list are told apart by kind like objects of a watch, though the server leaves that out', async () => {
  const { url } = await serve([list([thing('a', '1')], '10'), stream([])]);
  const stop = new AbortController();
  cleanups.push(() => stop.abort());
  for await (const event of watcherOf(url).events(stop.signal)) {
    if (event.type !== 'init-apply') continue;
    expect(event.object).toMatchObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } });
    stop.abort();
  }
  expect.assertions(1);
});
