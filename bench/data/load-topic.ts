// Fills a topic with a data set, once: a topic that holds it already is taken as it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ensurePackages } from '../../test/harness/debian-packages.ts';
import { deleteTopics, makeTopic, recordCount } from '../topics.ts';
import { clickJson, userId } from './click-stream.ts';
import { type DataSet, PARTITIONS } from './data-set.ts';

const WRITE_CHARACTERS = 1 << 20;

/** Produces as one idempotent client, keys partitioned as Java's clients do: the order of a key's records holds. */
export async function loadTopic(bootstrapServers: string, data: DataSet): Promise<void> {
  const there = await recordCount(bootstrapServers, data.topic);
  if (there === data.records) return;
  process.stderr.write(`bench: making ${data.records.toLocaleString('en')} records in ${data.topic}\n`);
  // What an interrupted run has left is no data set.
  if (there !== null) await deleteTopics(bootstrapServers, [data.topic]);
  await makeTopic(bootstrapServers, data.topic, { partitions: PARTITIONS });
  await ensurePackages({ kcat: 'kcat' });
  const kcat = spawn('kcat', producerArguments(bootstrapServers, data.topic), {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = once(kcat, 'exit');
  for (const text of lines(data)) {
    if (!kcat.stdin.write(text)) await once(kcat.stdin, 'drain');
  }
  kcat.stdin.end();
  const [code] = (await ended) as [number | null];
  const written = await recordCount(bootstrapServers, data.topic);
  if (code !== 0 || written !== data.records)
    throw new Error(`kcat wrote ${written} of ${data.records} records to ${data.topic} (exit code ${code})`);
}

const BACKLOG = { 'enable.idempotence': 'true', 'linger.ms': '50', 'queue.buffering.max.kbytes': '262144' };
/** Without idempotence: with it and small batches, librdkafka polls without a pause, and takes from the broker's core. */
const LIVE = { acks: '1', 'linger.ms': '5' };

/** How kcat has to be told to produce lines of key, tab, value: a backlog in its order, or what comes now. */
export function producerArguments(bootstrapServers: string, topic: string, live = false): readonly string[] {
  const settings = { partitioner: 'murmur2_random', ...(live ? LIVE : BACKLOG) };
  const flags = Object.entries(settings).map(([name, value]) => `-X${name}=${value}`);
  return ['-P', `-b${bootstrapServers}`, `-t${topic}`, '-K\t', ...flags];
}

function* lines(data: DataSet): Generator<string> {
  const stream = data.stream();
  let text = '';
  for (let number = 0; stream.next(); number++) {
    const key = data.recordKey === 'user' ? userId(stream.user) : `s${stream.session}`;
    text += `${key}\t${clickJson(stream, number)}\n`;
    if (text.length < WRITE_CHARACTERS) continue;
    yield text;
    text = '';
  }
  yield text;
}
