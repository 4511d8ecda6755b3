// Reads a topic as a consumer that sees committed records only, through kcat: a reader that shares no code with the project.
import { ensurePackages } from './debian-packages.ts';
import { run } from './exec.ts';

export interface Row {
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds; -1 when the record has none. */
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

export interface ReadOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  /** Also reads what was aborted or is not yet committed. Default false. */
  readonly uncommitted?: boolean;
  /** Only this partition. Default all. */
  readonly partition?: number;
  /** Default 2 minutes. */
  readonly timeoutMs?: number;
}

interface KcatRecord {
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly key: string | null;
  readonly payload: string | null;
  readonly headers?: readonly (string | null)[];
}

/** One line of `kcat -J`: a JSON envelope around one record. */
export function parseKcatLine(line: string): Row {
  const record = JSON.parse(line) as KcatRecord;
  const flat = record.headers ?? [];
  const headers: [string, string | null][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) headers.push([flat[i] ?? '', flat[i + 1] ?? null]);
  return {
    partition: record.partition,
    offset: record.offset,
    timestampMs: record.ts,
    key: record.key,
    value: record.payload,
    headers,
  };
}

/** All records from the beginning of the topic up to the end it has now (its last stable offset), ordered by partition and offset. */
export async function readCommitted(options: ReadOptions): Promise<Row[]> {
  await ensurePackages({ kcat: 'kcat' });
  const { stdout } = await run(
    'kcat',
    [
      '-C',
      `-b${options.bootstrapServers}`,
      `-t${options.topic}`,
      ...(options.partition === undefined ? [] : [`-p${options.partition}`]),
      '-obeginning',
      `-Xisolation.level=${options.uncommitted === true ? 'read_uncommitted' : 'read_committed'}`,
      // Fetches of a quiet topic would else linger half a second before the end is noticed.
      '-Xfetch.wait.max.ms=50',
      '-Xcheck.crcs=true',
      '-e',
      '-q',
      '-J',
    ],
    { timeoutMs: options.timeoutMs ?? 120_000 },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(parseKcatLine)
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** The values of {@link readCommitted} as JSON documents. A record without a value is an error here. */
export async function readCommittedJson<T>(options: ReadOptions): Promise<T[]> {
  const rows = await readCommitted(options);
  return rows.map((row) => {
    if (row.value === null)
      throw new Error(
        `${options.topic} has a record without a value at partition ${row.partition}, offset ${row.offset}`,
      );
    return JSON.parse(row.value) as T;
  });
}
