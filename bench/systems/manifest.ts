// The job of a case as a user would write it.
import { formatDuration } from '../../crds/index.ts';
import type { Case, RaceWindow } from '../cases.ts';

export interface ManifestOptions {
  readonly bootstrapServers: string;
  readonly input: string;
  readonly output: string;
  readonly checkpointFolder: string;
}

/** A StreamJob document, ready to be written as JSON (which YAML readers take, too). */
export function manifestOf(race: Case, options: ManifestOptions): object {
  return {
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: `bench-${race.name}`, namespace: 'bench' },
    spec: {
      source: {
        kafka: { bootstrapServers: options.bootstrapServers, topic: options.input, startFrom: 'earliest' },
        format: { json: {} },
        eventTime: { field: 'ts', unit: 'ms' },
        watermark: { maxOutOfOrderness: formatDuration(race.maxOutOfOrderMs) },
      },
      keyBy: [race.keyBy === 'recordKey' ? '$key' : 'userId'],
      window: windowSpec(race.window),
      aggregates: {
        count: { count: {} },
        sum: { sum: { field: 'durationMs' } },
        max: { max: { field: 'durationMs' } },
      },
      sinks: [{ kafka: { topic: options.output } }],
      checkpoint: { interval: '10s', storage: { local: { path: options.checkpointFolder } } },
      parallelism: 1,
    },
  };
}

function windowSpec(window: RaceWindow): object {
  switch (window.kind) {
    case 'tumbling':
      return { tumbling: { size: formatDuration(window.sizeMs) } };
    case 'sliding':
      return { sliding: { size: formatDuration(window.sizeMs), slide: formatDuration(window.slideMs) } };
    case 'session':
      return { session: { gap: formatDuration(window.gapMs) } };
  }
}
