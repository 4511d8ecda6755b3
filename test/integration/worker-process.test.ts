// One worker process as operator and people see it: health, readiness, metrics and status, while what it needs is missing and after.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseWorkerStatus, shuffleTopic, type WorkerStatus } from '../../crds/index.ts';
import { clickstream, produceClicks } from '../harness/clicks.ts';
import { readCommitted } from '../harness/kcat.ts';
import { sharedBroker, sharedS3 } from '../harness/shared.ts';
import { createTopic, kafkaClient, uniqueName, withAdmin } from '../harness/topics.ts';
import { makeJob, type TestJob } from '../support/job.ts';
import { WorkerProcess } from '../support/workers.ts';

const START_MS = 1_760_000_000_000;

class Probe {
  readonly #base: string;
  readonly worker: WorkerProcess;

  private constructor(worker: WorkerProcess, port: number) {
    this.worker = worker;
    this.#base = `http://127.0.0.1:${port}`;
  }

  static async of(worker: WorkerProcess): Promise<Probe> {
    await worker.logged('worker-start');
    return new Probe(worker, Number(worker.events('worker-start')[0]?.['port']));
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const answer = await fetch(this.#base + path);
    return { status: answer.status, text: await answer.text() };
  }

  async until(what: string, holds: (status: WorkerStatus) => boolean): Promise<WorkerStatus> {
    const deadline = performance.now() + 45_000;
    for (;;) {
      const status = parseWorkerStatus((await this.get('/status')).text);
      if (holds(status)) return status;
      if (performance.now() > deadline)
        throw new Error(`never ${what}: ${JSON.stringify(status)}\n${this.worker.lines.slice(-5).join('\n')}`);
      await delay(50);
    }
  }
}

async function s3Storage(
  change: Record<string, unknown> = {},
): Promise<{ storage: unknown; env: Record<string, string> }> {
  const s3 = await sharedS3();
  return {
    storage: {
      s3: { bucket: s3.bucket, prefix: uniqueName('worker'), endpoint: s3.endpoint, region: s3.region, ...change },
    },
    env: { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey },
  };
}

async function job(storage: unknown, spec: Record<string, unknown> = {}): Promise<TestJob> {
  return makeJob({ keyBy: ['userId'], storage, windowSize: '2s', spec });
}

test('waits for its topics, then gets ready, works, and tells all of it', async () => {
  const { storage, env } = await s3Storage();
  const made = await job(storage);
  const shuffle = shuffleTopic(made.incarnation);
  await withAdmin(made.bootstrapServers, (admin) => admin.deleteTopics({ topics: [shuffle, made.sink] }));
  await using worker = WorkerProcess.start(made, 'worker-0', env);
  const probe = await Probe.of(worker);

  const waiting = await probe.until('said that the shuffle topic is missing', ({ problem }) => problem !== null);
  expect(waiting).toMatchObject({
    v: 1,
    job: made.name,
    incarnation: 1,
    instanceId: 'worker-0',
    state: 'starting',
    live: false,
  });
  expect(waiting.problem).toMatchObject({ reason: 'TopicNotFound', topic: shuffle, retryable: true });
  const { status, text } = await probe.get('/readyz');
  expect([status, text]).toEqual([
    503,
    `shuffle topic ${shuffle} (the operator creates it) does not exist on ${made.bootstrapServers}`,
  ]);
  expect(await probe.get('/healthz')).toEqual({ status: 200, text: 'ok' });

  await createTopic(made.bootstrapServers, shuffle, { partitions: 8 });
  const sink = await probe.until('said that the sink is missing', ({ problem }) => problem?.topic === made.sink);
  expect(sink.problem?.message).toBe(
    `output topic ${made.sink} (spec.sinks, spec.onBadRecord or spec.lateData) does not exist on ${made.bootstrapServers}`,
  );
  await createTopic(made.bootstrapServers, made.sink, { partitions: 3 });

  const running = await probe.until('was live', ({ live }) => live);
  expect(running).toMatchObject({ state: 'running', problem: null });
  expect(running.tasks.map(({ id }) => id).sort()).toEqual(
    [
      ...Array.from({ length: 8 }, (_, i) => `aggregate-${i}`),
      ...Array.from({ length: 4 }, (_, i) => `ingest-${i}`),
    ].sort(),
  );
  expect((await probe.get('/readyz')).status).toBe(200);

  const clicks = clickstream({ seed: 3, count: 5_000, users: 50, partitions: 4, startMs: START_MS });
  await produceClicks({ bootstrapServers: made.bootstrapServers, topic: made.source, clicks });
  const done = await probe.until(
    'had read everything',
    ({ counters, lag }) => counters.records === 5_004 && lag.records === 0,
  );
  expect(done.counters).toEqual({ records: 5_004, bad: 0, late: 0 });
  expect(done.lastCommitAt).toBeGreaterThan(START_MS);
  await probe.until('had stored and named a checkpoint of every aggregate task', ({ tasks }) =>
    tasks.every(({ id, checkpoint }) => id.startsWith('ingest') || checkpoint !== null),
  );
  const metrics = (await probe.get('/metrics')).text;
  expect(metrics).toMatch(/streamjob_task_records\{.*task="ingest-0".*\} [1-9]/);
  expect(metrics).toMatch(/streamjob_commits_total\{.*\} [1-9]/);
  expect(metrics).toMatch(/streamjob_checkpoint_duration_seconds_count\{.*\} [1-9]/);
  expect(metrics).toMatch(/streamjob_live\{.*\} 1/);
  expect(await worker.stop()).toEqual({ code: 0, signal: null });
});

test.for([
  [
    'the bucket does not exist',
    { bucket: 'nowhere' },
    {},
    /bucket nowhere does not exist: create it, or correct spec.checkpoint.storage.s3.bucket/,
  ],
  [
    'the credentials are wrong',
    {},
    { AWS_SECRET_ACCESS_KEY: 'wrong' },
    /HTTP 403.*check the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the secret/,
  ],
  [
    'nobody listens at the endpoint',
    { endpoint: 'http://127.0.0.1:9' },
    {},
    /ECONNREFUSED.*check spec.checkpoint.storage.s3.endpoint/,
  ],
] as const)('stays up and says it when %s', async ([, change, wrong, message]) => {
  const { storage, env } = await s3Storage(change);
  await using worker = WorkerProcess.start(await job(storage), 'worker-0', { ...env, ...wrong });
  const probe = await Probe.of(worker);
  const { problem, live } = await probe.until('said so', (status) => status.problem !== null);
  expect(live).toBe(false);
  expect(problem).toMatchObject({
    reason: 'StorageUnavailable',
    retryable: true,
    message: expect.stringMatching(message) as string,
  });
  expect(await worker.stop()).toEqual({ code: 0, signal: null });
});

test('stays up and says it when no broker can be reached', async () => {
  const { storage, env } = await s3Storage();
  const { bootstrapServers } = await sharedBroker();
  expect(bootstrapServers).not.toContain('127.0.0.1:9,');
  const made = await job(storage, {
    source: { kafka: { bootstrapServers: '127.0.0.1:9', topic: 'clicks' }, eventTime: { field: 'ts', unit: 'ms' } },
  });
  await using worker = WorkerProcess.start(made, 'worker-0', env);
  const probe = await Probe.of(worker);
  const { problem } = await probe.until('said so', (status) => status.problem !== null);
  expect(problem).toMatchObject({
    reason: 'BrokerUnreachable',
    retryable: true,
    message: expect.stringMatching(/127\.0\.0\.1:9.*ECONNREFUSED/) as string,
  });
  expect(await worker.stop()).toEqual({ code: 0, signal: null });
});

test('a malformed record ends a job that says fail, with topic, partition and offset, and exit code 1', async () => {
  const { storage, env } = await s3Storage();
  const made = await job(storage, { onBadRecord: 'fail' });
  await withProducer(made, [
    { partition: 2, value: '{"userId":"u","ts":1,"type":"page_view","durationMs":1}' },
    { partition: 2, value: '{"userId":' },
  ]);
  await using worker = WorkerProcess.start(made, 'worker-0', env);
  expect(await worker.exited).toEqual({ code: 1, signal: null });
  expect(worker.events('failed')[0]).toMatchObject({
    reason: 'PoisonRecord',
    topic: made.source,
    partition: 2,
    offset: 1,
    message: `record ${made.source}/2@1 cannot be used (malformed): the value must be one valid JSON document, got {"userId":; spec.onBadRecord is fail`,
  });
  expect(await readCommitted({ bootstrapServers: made.bootstrapServers, topic: made.sink })).toEqual([]);
});

async function withProducer(made: TestJob, messages: readonly { partition: number; value: string }[]): Promise<void> {
  const producer = kafkaClient(made.bootstrapServers).producer();
  await producer.connect();
  await producer.send({ topic: made.source, messages: [...messages] });
  await producer.disconnect();
}
