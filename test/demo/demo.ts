// make demo: a real Kafka, the operator's core over local worker processes, a clickstream, and the job of the README, live. Everything
// it starts ends with it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { clickstream, produceClicks } from '../../cli/clickstream/index.ts';
import { statusLine } from '../../cli/status-line.ts';
import { durationMs, type StreamJobStatus } from '../../crds/index.ts';
import { runLocal } from '../../operator/index.ts';
import { startBroker } from '../harness/broker.ts';
import { createTopic } from '../harness/topics.ts';
import { Expectation } from './expectation.ts';
import { LiveResults } from './live-results.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SAMPLE = path.join(ROOT, 'config/samples/user-metrics.yaml');
const PARTITIONS = 4;
const CLICKS_PER_S = 2_000;
const USERS = 200;
/** A minute of clicks every six seconds, beginning an hour ago: windows of a minute close while one watches. */
const SPEED = 10;
const HISTORY_MS = 3_600_000;
const MAX_OUT_OF_ORDER_MS = 2_000;

const { values } = parseArgs({ options: { duration: { type: 'string' } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));
if (values.duration !== undefined)
  setTimeout(() => stop.abort(new Error('time is up')), milliseconds(values.duration)).unref();

const folder = await mkdtemp(path.join(tmpdir(), 'streamjob-demo-'));
const expectation = new Expectation();
let results: LiveResults | null = null;
try {
  say('starting Kafka (the first time it is fetched) …');
  await using broker = await startBroker();
  const { bootstrapServers } = broker;
  const manifest = await exampleJob(bootstrapServers);
  const { source, sink, file } = manifest;
  await createTopic(bootstrapServers, source, { partitions: PARTITIONS });
  await createTopic(bootstrapServers, sink, { partitions: 3, config: { 'message.timestamp.type': 'LogAppendTime' } });
  say(`Kafka listens on ${bootstrapServers}; applying ${path.relative(ROOT, SAMPLE)} over local workers`);

  results = new LiveResults({ bootstrapServers, topic: sink, expectation, write: say });
  let last = '';
  const onStatus = (status: StreamJobStatus): void => {
    const line = statusLine(status);
    if (line !== last) say((last = line));
  };
  const job = runLocal({
    source: { file },
    stateFolder: path.join(folder, 'state'),
    command: [process.execPath, '--disable-warning=ExperimentalWarning', path.join(ROOT, 'cli/main.ts'), 'worker'],
    onStatus,
    onEvent: ({ type, reason, message }) => type === 'Warning' && say(`● ${reason}: ${message}`),
    onProblem: (message) => say(`● ${message}`),
    signal: stop.signal,
  });
  const clicks = clickstream({
    seed: 1,
    count: Number.MAX_SAFE_INTEGER,
    users: USERS,
    partitions: PARTITIONS,
    startMs: Math.floor((Date.now() - HISTORY_MS) / 60_000) * 60_000,
    spacingMs: (1000 / CLICKS_PER_S) * SPEED,
    maxOutOfOrderMs: MAX_OUT_OF_ORDER_MS,
    tickAfterMs: null,
  });
  const produced = produceClicks({
    bootstrapServers,
    topic: source,
    clicks: expectation.noting(clicks),
    ratePerSecond: CLICKS_PER_S,
    signal: stop.signal,
  });
  say(
    `${CLICKS_PER_S} clicks a second of ${USERS} users, ten times as fast as they happened. Ctrl-C ends it; meanwhile: pkill -9 -f 'main.ts worker'\n`,
  );
  await Promise.all([job, produced, results.run(stop.signal)]);
} finally {
  await rm(folder, { recursive: true, force: true });
}
const seen = results?.rows ?? 0;
const { lost, duplicated, wrong } = expectation;
say(`\n${seen} results seen: ${lost} lost, ${duplicated} duplicated, ${wrong} wrong; everything is stopped`);
// An end that was planned is a success only if there was something to see, and it was right.
const exact = lost + duplicated + wrong === 0;
process.exitCode = exact && (seen > 0 || values.duration === undefined) ? 0 : 1;

function milliseconds(text: string): number {
  const ms = durationMs(text);
  if (ms === null) throw new Error(`DURATION must be a duration such as 60s or 5m; got "${text}"`);
  return ms;
}

/** The example of the README with this machine's addresses. */
async function exampleJob(bootstrapServers: string): Promise<{ file: string; source: string; sink: string }> {
  const document = parse(await readFile(SAMPLE, 'utf8')) as {
    spec: {
      source: { kafka: { bootstrapServers: string; topic: string } };
      sinks: { kafka: { topic: string } }[];
      checkpoint: { storage: unknown };
    };
  };
  const { spec } = document;
  spec.source.kafka.bootstrapServers = bootstrapServers;
  spec.checkpoint.storage = { local: { path: path.join(folder, 'checkpoints') } };
  const file = path.join(folder, 'user-metrics.yaml');
  await writeFile(file, stringify(document));
  const [first] = spec.sinks;
  if (first === undefined) throw new Error(`${SAMPLE} has no sink`);
  return { file, source: spec.source.kafka.topic, sink: first.kafka.topic };
}
