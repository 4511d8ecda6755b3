// `streamjob dev`: the operator's core over processes of this machine. The manifest is followed, its edits are applied.
import { spawn as spawnProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_VERSION, KIND, type StreamJobStatus, canonicalJson } from '../../crds/index.ts';
import { type Clock, sleepUntilAborted, systemClock } from '../clock.ts';
import { AdminCache } from '../kafka/index.ts';
import { WorkQueue } from '../kube/index.ts';
import { systemRandom } from '../random.ts';
import { runController } from '../reconcile/controller.ts';
import { KafkaObserver } from '../reconcile/kafka-observer.ts';
import type { StreamJobObject } from '../reconcile/observed.ts';
import { Reconciler } from '../reconcile/reconciler.ts';
import { Scraper, fetchStatusText } from '../reconcile/scraper.ts';
import { errorText } from '../text.ts';
import { freePort } from './free-port.ts';
import { LocalBackend, type LocalEvent } from './local-backend.ts';
import { readManifest } from './manifest.ts';
import { StateFolder } from './state-folder.ts';
import { Supervisor } from './supervisor.ts';
import type { SpawnWorker, WorkerLine } from './worker-process.ts';

export interface LocalRunOptions {
  /** A manifest file, read again when it changes; or the manifest itself. */
  readonly source: { readonly file: string } | { readonly manifest: Record<string, unknown> };
  /** Program and arguments of a worker; `--config FILE` is added. Variables POD_NAME and STREAMJOB_HTTP_PORT are set for it. */
  readonly command: readonly [string, ...string[]];
  /** What the run remembers; default `.streamjob/<namespace>.<job>` in the current folder. */
  readonly stateFolder?: string;
  readonly onStatus?: (status: StreamJobStatus) => void;
  readonly onEvent?: (event: LocalEvent) => void;
  /** A line that a worker has written. */
  readonly onLine?: (line: WorkerLine) => void;
  /** A failure of a turn that will be repeated, or a manifest that cannot be read. */
  readonly onProblem?: (message: string) => void;
  /** Ends the run: workers get SIGTERM, after `graceMs` SIGKILL. */
  readonly signal: AbortSignal;
  /** Default 30 s. */
  readonly graceMs?: number;
  /** For tests: how processes are made. */
  readonly spawn?: SpawnWorker;
}

const FILE_POLL_MS = 500;
const SCRAPE_EVERY_MS = 500;

/**
 * Runs a job until the signal is aborted; resolves when no process of it is left.
 * @throws Error when the manifest cannot be read at the start.
 */
export async function runLocal(options: LocalRunOptions): Promise<void> {
  const clock = systemClock;
  const document = firstDocument(options.source);
  const identity = identityOf(document);
  const key = `${identity.namespace}/${identity.name}`;
  const folder = new StateFolder(options.stateFolder ?? join('.streamjob', `${identity.namespace}.${identity.name}`));
  const queue = new WorkQueue({ clock, random: systemRandom, backoff: { minMs: 250, maxMs: 5_000 } });
  const admins = new AdminCache(clock);
  const kafka = new KafkaObserver(admins, clock);
  const wake = (): void => {
    kafka.podGone(key);
    queue.add(key);
  };
  const scraper: Scraper = new Scraper({
    clock,
    targets: () => backend.scrapeTargets(),
    fetchText: fetchStatusText,
    onNews: () => queue.add(key),
    everyMs: SCRAPE_EVERY_MS,
  });
  const supervisor = new Supervisor({
    job: identity.name,
    configFile: folder.configFile,
    spawn: options.spawn ?? spawner(options.command),
    clock,
    freePort,
    onLine: (line) => options.onLine?.(line),
    onChange: wake,
    isReady: (worker) => backend.isReady(worker),
    graceMs: options.graceMs ?? 30_000,
  });
  const backend: LocalBackend = new LocalBackend({
    key,
    job: startingJob(identity, document['spec'], folder),
    folder,
    supervisor,
    clock,
    workers: () => scraper.of(key),
    onStatus: (status) => options.onStatus?.(status),
    onEvent: (event) => options.onEvent?.(event),
  });
  const reconciler = new Reconciler({ backend, kafka, admins, clock });
  // Should this process end without its wits about it, its workers must not stay behind.
  const lastResort = (): void => supervisor.killAll();
  process.once('exit', lastResort);
  const parts = new AbortController();
  const stop = (): void => parts.abort(options.signal.reason);
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  queue.add(key);
  try {
    await Promise.all([
      runController(
        {
          queue,
          clock,
          concurrency: 1,
          reconcile: (turn) => reconciler.reconcile(turn),
          onOutcome: (_key, outcome) => {
            if (outcome.kind === 'failed') options.onProblem?.(errorText(outcome.error));
          },
        },
        parts.signal,
      ),
      scraper.run(parts.signal),
      followFile(options, { clock, onEdit: (edited) => backend.edit(edited['spec']) && queue.add(key) }, parts.signal),
    ]);
  } finally {
    parts.abort(new Error('the run ends'));
    options.signal.removeEventListener('abort', stop);
    await supervisor.stop();
    await admins.close();
    process.removeListener('exit', lastResort);
  }
}

interface Identity {
  readonly name: string;
  readonly namespace: string;
}

function firstDocument(source: LocalRunOptions['source']): Record<string, unknown> {
  if ('manifest' in source) return source.manifest;
  const reading = readManifest(readFileSync(source.file, 'utf8'), source.file);
  if (!reading.ok) throw new Error(reading.message);
  return reading.document;
}

function identityOf(document: Record<string, unknown>): Identity {
  const metadata = (document['metadata'] ?? {}) as { name?: unknown; namespace?: unknown };
  if (typeof metadata.name !== 'string') throw new Error('metadata.name is required.');
  return { name: metadata.name, namespace: typeof metadata.namespace === 'string' ? metadata.namespace : 'default' };
}

/** The job that this folder remembers, with the manifest's spec; a new one when it remembers none. */
function startingJob({ name, namespace }: Identity, spec: unknown, folder: StateFolder): StreamJobObject {
  const known = folder.job();
  const text = canonicalJson(spec ?? null);
  const generation = known === null ? 1 : known.spec === text ? known.generation : known.generation + 1;
  const uid = known?.uid ?? randomUUID();
  folder.remember({ uid, generation, spec: text, status: known?.status ?? null });
  const metadata = { name, namespace, uid, generation };
  return { apiVersion: API_VERSION, kind: KIND, metadata, spec, ...(known?.status ? { status: known.status } : {}) };
}

interface Follower {
  readonly clock: Clock;
  readonly onEdit: (document: Record<string, unknown>) => void;
}

/** By looking, not by notification: editors replace files, and network folders do not notify. */
async function followFile(options: LocalRunOptions, { clock, onEdit }: Follower, signal: AbortSignal): Promise<void> {
  if (!('file' in options.source)) return;
  const { file } = options.source;
  let last = readFileSync(file, 'utf8');
  while (!signal.aborted) {
    await sleepUntilAborted(clock, FILE_POLL_MS, signal);
    const text = readOrNull(file);
    if (text === null || text === last) continue;
    last = text;
    const reading = readManifest(text, file);
    if (reading.ok) onEdit(reading.document);
    else options.onProblem?.(`${reading.message} The job goes on as it was.`);
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // Between the two halves of an editor's save there may be no file.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function spawner(command: readonly [string, ...string[]]): SpawnWorker {
  const [program, ...args] = command;
  return ({ configFile, env }) =>
    spawnProcess(program, [...args, '--config', configFile], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
}
