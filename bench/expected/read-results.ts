// Reads what a run has written, committed records only, with kcat: a reader that is nobody's of those who race.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ensurePackages } from '../../test/harness/debian-packages.ts';
import { ResultRows } from './result-rows.ts';

export interface WrittenResults {
  readonly rows: ResultRows;
  /** When the broker took the last of them (wall clock, epoch ms); 0 when there is none. */
  readonly lastAppendMs: number;
}

interface ResultDocument {
  readonly $key?: string;
  readonly userId?: string;
  readonly windowStart: number | string;
  readonly windowEnd: number | string;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

export async function readResults(bootstrapServers: string, topic: string): Promise<WrittenResults> {
  await ensurePackages({ kcat: 'kcat' });
  const kcat = spawn(
    'kcat',
    ['-C', `-b${bootstrapServers}`, `-t${topic}`, '-obeginning', '-e', '-q', '-f%T\t%s\n'].concat(
      '-Xisolation.level=read_committed',
    ),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(kcat, 'exit');
  const rows = new ResultRows();
  let lastAppendMs = 0;
  let rest = '';
  for await (const chunk of kcat.stdout.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const tab = line.indexOf('\t');
      lastAppendMs = Math.max(lastAppendMs, Number(line.slice(0, tab)));
      rows.add(parseResult(line.slice(tab + 1)));
    }
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`kcat could not read ${topic} (exit code ${code})`);
  return { rows, lastAppendMs };
}

/** A result of any of the systems: they name the user and write times in their own ways. Throws for anything else. */
export function parseResult(json: string): ReturnType<ResultRows['at']> {
  const result = JSON.parse(json) as ResultDocument;
  const id = result.userId ?? result.$key;
  if (id === undefined || !/^u\d+$/.test(id)) throw new Error(`a result without a user: ${json}`);
  return {
    user: Number(id.slice(1)),
    startMs: epochMs(result.windowStart),
    endMs: epochMs(result.windowEnd),
    count: result.count,
    sum: result.sum,
    max: result.max,
  };
}

/** Epoch ms, from a number of them or an ISO date in UTC without a zone. */
export function epochMs(time: number | string): number {
  return typeof time === 'number' ? time : Date.parse(`${time.replace(' ', 'T').replace(/Z$/, '')}Z`);
}
