// Lines of a file of JSON lines, without reading more of it than is asked for.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { lineRecord } from '../case-file/line-record.ts';
import type { RecordsFile, SourceRecord } from '../case-file/test-file.ts';

/** Empty lines are left out but counted. Throws Error when the file cannot be read or ends before `to` lines are there. */
export async function readLines(records: RecordsFile, partitions: number): Promise<readonly SourceRecord[]> {
  const { file, from, to } = records;
  const found: SourceRecord[] = [];
  let index = 0;
  const stream = createReadStream(file, 'utf8');
  const failed = new Promise<never>((_, reject) => stream.once('error', reject));
  const read = (async () => {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      if (index >= to) break;
      if (index++ >= from && line.trim() !== '') found.push(lineRecord(line, records, partitions));
    }
  })();
  await Promise.race([read, failed]);
  stream.destroy();
  if (to !== Number.MAX_SAFE_INTEGER && index < to)
    throw new Error(`${file} has ${index} lines, lines ${from} to ${to} are wanted`);
  return found;
}
