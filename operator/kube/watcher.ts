// Follows one collection for ever: list in pages, then watch, and start over when the server has forgotten where we were.
// An explicit state machine (the shape of kube-rs' watcher), so that every way back in is one line of it:
//
//   Empty ──▶ InitPage ⟲ ──▶ InitListed ──▶ Watching ──▶ InitListed   stream ended: resume from the last version
//     ▲          │ 410           │ 410          │ 410
//     └──────────┴───────────────┴──────────────┘                     list anew
import { type Clock, sleepUntilAborted } from '../clock.ts';
import type { KubeObject } from '../objects.ts';
import type { Random } from '../random.ts';
import { KubeApiError, errorOfAnswer, isKubeError } from './api-error.ts';
import type { ListOptions, WatchLine, WatchOptions } from './client.ts';

/** A reader sees `init`, every object, `init-done`, then changes; a later `init` means that all it knew may be stale. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'init' }
  | { readonly type: 'init-apply'; readonly object: T }
  | { readonly type: 'init-done' }
  | { readonly type: 'apply'; readonly object: T }
  | { readonly type: 'delete'; readonly object: T };

export interface WatchSource<T extends KubeObject> {
  list(options: Pick<ListOptions, 'limit' | 'continueToken' | 'signal'>): Promise<{
    readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
    readonly items: readonly T[];
  }>;
  watch(options: Pick<WatchOptions, 'resourceVersion' | 'timeoutSeconds' | 'signal'>): AsyncIterable<WatchLine>;
}

type State =
  | { readonly phase: 'Empty' }
  | { readonly phase: 'InitPage'; readonly continueToken: string | undefined }
  | { readonly phase: 'InitListed'; readonly resourceVersion: string }
  | {
      readonly phase: 'Watching';
      readonly resourceVersion: string;
      readonly stream: AsyncIterator<WatchLine>;
      readonly lines: number;
    };

export interface WatcherOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly pageSize?: number;
  readonly backoff?: { readonly minMs: number; readonly maxMs: number };
  /** How long one watch lasts; jittered upwards by up to a quarter so that restarts do not line up. */
  readonly watchSeconds?: number;
  /** Told of every failure that is about to be retried. */
  readonly onError?: (error: KubeApiError, retryInMs: number) => void;
}

interface Step<T extends KubeObject> {
  readonly state: State;
  readonly events: readonly WatchEvent<T>[];
}

export class Watcher<T extends KubeObject> {
  private readonly source: WatchSource<T>;
  private readonly options: Required<Omit<WatcherOptions, 'onError'>> & Pick<WatcherOptions, 'onError'>;

  constructor(source: WatchSource<T>, options: WatcherOptions) {
    this.source = source;
    this.options = { pageSize: 500, backoff: { minMs: 500, maxMs: 30_000 }, watchSeconds: 240, ...options };
  }

  /** Ends, quietly, only when the signal is aborted. */
  async *events(signal: AbortSignal): AsyncGenerator<WatchEvent<T>, void, void> {
    let state: State = { phase: 'Empty' };
    let failures = 0;
    try {
      while (!signal.aborted) {
        try {
          const step: Step<T> = await this.step(state, signal);
          // Only a line of a watch proves the server healthy: lists that succeed between broken watches must not spin.
          if (state.phase === 'Watching' && step.state.phase === 'Watching') failures = 0;
          const idleEnd = state.phase === 'Watching' && state.lines === 0 && step.state.phase === 'InitListed';
          state = step.state;
          yield* step.events;
          if (idleEnd) await this.pause(failures++, signal);
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof KubeApiError)) throw error;
          state = afterError(state, error);
          const waitMs = this.backoffMs(failures++);
          this.options.onError?.(error, waitMs);
          await sleepUntilAborted(this.options.clock, waitMs, signal);
        }
      }
    } finally {
      if (state.phase === 'Watching') await state.stream.return?.();
    }
  }

  private async step(state: State, signal: AbortSignal): Promise<Step<T>> {
    switch (state.phase) {
      case 'Empty':
        return { state: { phase: 'InitPage', continueToken: undefined }, events: [{ type: 'init' }] };
      case 'InitPage':
        return this.listPage(state.continueToken, signal);
      case 'InitListed':
        return { state: this.openWatch(state.resourceVersion, signal), events: [] };
      case 'Watching':
        return this.nextLine(state);
    }
  }

  private async listPage(continueToken: string | undefined, signal: AbortSignal): Promise<Step<T>> {
    const page = await this.source.list({ limit: this.options.pageSize, continueToken, signal });
    const objects = page.items.map((object): WatchEvent<T> => ({ type: 'init-apply', object }));
    const next = page.metadata.continue;
    if (next !== undefined && next !== '')
      return { state: { phase: 'InitPage', continueToken: next }, events: objects };
    const resourceVersion = page.metadata.resourceVersion ?? '';
    if (resourceVersion === '')
      throw new KubeApiError('ServerError', 'A list came without a resourceVersion: nothing can be watched from it.');
    return { state: { phase: 'InitListed', resourceVersion }, events: [...objects, { type: 'init-done' }] };
  }

  private openWatch(resourceVersion: string, signal: AbortSignal): State {
    const timeoutSeconds = Math.round(this.options.watchSeconds * (1 + this.options.random.next() / 4));
    const stream = this.source.watch({ resourceVersion, timeoutSeconds, signal })[Symbol.asyncIterator]();
    return { phase: 'Watching', resourceVersion, stream, lines: 0 };
  }

  private async nextLine(state: State & { phase: 'Watching' }): Promise<Step<T>> {
    const next = await state.stream.next();
    if (next.done === true)
      return { state: { phase: 'InitListed', resourceVersion: state.resourceVersion }, events: [] };
    const line = next.value;
    if (line.type === 'ERROR') {
      await state.stream.return?.();
      const status = line.object as unknown as { code?: number };
      throw errorOfAnswer('WATCH', status.code ?? 500, line.object);
    }
    const watching: State = {
      ...state,
      resourceVersion: line.object.metadata.resourceVersion ?? state.resourceVersion,
      lines: state.lines + 1,
    };
    switch (line.type) {
      case 'BOOKMARK':
        return { state: watching, events: [] };
      case 'DELETED':
        return { state: watching, events: [{ type: 'delete', object: line.object as T }] };
      case 'ADDED':
      case 'MODIFIED':
        return { state: watching, events: [{ type: 'apply', object: line.object as T }] };
    }
  }

  private async pause(failures: number, signal: AbortSignal): Promise<void> {
    await sleepUntilAborted(this.options.clock, this.backoffMs(failures), signal);
  }

  private backoffMs(failures: number): number {
    const { minMs, maxMs } = this.options.backoff;
    return Math.min(maxMs, minMs * 2 ** Math.min(failures, 20)) * (0.5 + this.options.random.next() / 2);
  }
}

/** Where to go on after a failure: a forgotten version or token means listing anew, all else is tried again from the same place. */
function afterError(state: State, error: KubeApiError): State {
  if (isKubeError(error, 'Gone')) return { phase: 'Empty' };
  switch (state.phase) {
    case 'Empty':
    case 'InitPage':
    case 'InitListed':
      return state;
    case 'Watching':
      return { phase: 'InitListed', resourceVersion: state.resourceVersion };
  }
}
