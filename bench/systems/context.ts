// What every run needs, and what a run leaves behind for the check and the figures.
import type { Pinning } from '../measure/pinning.ts';
import type { RunRecorder } from '../measure/run-recorder.ts';

export interface RaceContext {
  readonly bootstrapServers: string;
  readonly pinning: Pinning;
  /** Folder of this run; removed after it. */
  readonly folder: string;
  /** Where CPU profiles of our side go; null: none are made. */
  readonly profileFolder: string | null;
}

/** A finished run over a data set. */
export interface FinishedRun {
  readonly recorder: RunRecorder;
  /** Null: it writes none. */
  readonly outputTopic: string | null;
  /** Topics that it made, the output topic among them. */
  readonly topics: readonly string[];
}
