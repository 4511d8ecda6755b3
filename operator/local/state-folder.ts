// What a local run remembers between two starts: the identity of the job, its status, and the configuration of its workers.
// Deleting the folder makes the next start a new job.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StreamJobStatus, WORKER_CONFIG_FILE } from '../../crds/index.ts';

export interface RememberedJob {
  readonly uid: string;
  readonly generation: number;
  /** Canonical text of the spec of that generation. */
  readonly spec: string;
  readonly status: StreamJobStatus | null;
}

export class StateFolder {
  readonly configFile: string;
  private readonly stateFile: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.stateFile = join(folder, 'state.json');
    this.configFile = join(folder, WORKER_CONFIG_FILE);
  }

  /** Null when nothing, or nothing readable, is there. */
  job(): RememberedJob | null {
    const text = readIfThere(this.stateFile);
    if (text === null) return null;
    try {
      const value = JSON.parse(text) as Partial<RememberedJob>;
      const { uid, generation, spec, status } = value;
      return typeof uid === 'string' && typeof generation === 'number' && typeof spec === 'string'
        ? { uid, generation, spec, status: status ?? null }
        : null;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }

  remember(job: RememberedJob): void {
    writeWhole(this.stateFile, `${JSON.stringify(job, null, 2)}\n`);
  }

  config(): string | null {
    return readIfThere(this.configFile);
  }

  writeConfig(text: string): void {
    writeWhole(this.configFile, text);
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A reader sees the old text or the new one, never half of it. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
