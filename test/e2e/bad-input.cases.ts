// What a user sees who made a mistake: the words of kubectl, of conditions and of Events, and that the job goes on when it is put right.
import { describe, expect, it } from 'vitest';
import { readCommitted, readCommittedJson, type Row } from '../harness/kcat.ts';
import { createTopic, kafkaClient, uniqueName } from '../harness/topics.ts';
import { awaitRows } from '../support/await-rows.ts';
import { type Environment, NAMESPACE, secret } from './environment.ts';
import { clickJobManifest, Job, type JobSpec } from './job.ts';
import { applied, got } from './kubectl.ts';

const TIMEOUT_MS = 60_000;
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 1);

type Spec = Record<string, unknown>;

/** Good record number `n` of a user; each closes the windows of those before it. */
function good(n: number): string {
  return JSON.stringify({ userId: 'u1', type: 'page_view', durationMs: n, ts: START_MS + n * HOUR_MS });
}

export function badInput(environment: () => Environment): void {
  const topicsFor = async (): Promise<{ source: string; sink: string }> => {
    const topics = { source: uniqueName('input'), sink: uniqueName('output') };
    const { bootstrapServers } = environment().broker;
    for (const topic of Object.values(topics)) await createTopic(bootstrapServers, topic, { partitions: 1 });
    return topics;
  };
  const send = async (topic: string, values: readonly string[]): Promise<void> => {
    const producer = kafkaClient(environment().broker.bootstrapServers).producer();
    await producer.connect();
    try {
      await producer.send({ topic, messages: values.map((value) => ({ key: 'k', value })) });
    } finally {
      await producer.disconnect();
    }
  };
  /** The manifest with other values at some paths of the spec. */
  const manifest = (job: JobSpec, change: (spec: Spec) => void): Record<string, unknown> => {
    const made = clickJobManifest(environment(), job);
    const spec = structuredClone(made['spec']) as Spec;
    change(spec);
    return { ...made, spec };
  };
  const s3Storage = (values: Spec): Spec => {
    const { s3 } = environment();
    const base = { bucket: 'streamjobs', endpoint: s3.endpointForPods, credentialsSecretRef: { name: 's3' } };
    return { checkpoint: { storage: { s3: { ...base, ...values } } } };
  };
  const rows = async (topic: string, count: number): Promise<readonly unknown[]> =>
    awaitRows({ bootstrapServers: environment().broker.bootstrapServers, topic, count, timeoutMs: TIMEOUT_MS });

  describe('what the API server refuses', () => {
    const job = { name: 'refused', source: 'in', sink: 'out' };

    it.each<[what: string, change: (spec: Spec) => void, message: RegExp]>([
      [
        'an unknown field',
        (spec) => Object.assign(spec, { windw: { tumbling: { size: '1m' } } }),
        /unknown field "spec\.windw"/,
      ],
      [
        'a wrong type',
        (spec) => Object.assign(spec, { parallelism: 'two' }),
        /spec\.parallelism: Invalid value: "string": spec\.parallelism in body must be of type integer/,
      ],
      [
        'a duration that is none',
        (spec) => Object.assign(spec, { window: { tumbling: { size: '1 minute' } } }),
        /spec\.window\.tumbling\.size: Invalid value:.*must be a duration such as 250ms, 10s, 5m, 1h or 1d/,
      ],
      [
        'two windows',
        (spec) => Object.assign(spec, { window: { tumbling: { size: '1m' }, session: { gap: '1m' } } }),
        /spec\.window: Invalid value:.*must have exactly one of/,
      ],
      [
        'no sink',
        (spec) => Object.assign(spec, { sinks: [] }),
        /spec\.sinks: Invalid value:.*should have at least 1 items/,
      ],
    ])('%s', async (_, change, message) => {
      await expect(applied(environment().cluster, [manifest(job, change)])).rejects.toThrow(message);
      const { items } = await got<{ items: { metadata: { name: string } }[] }>(environment().cluster, [
        'sj',
        `--namespace=${NAMESPACE}`,
      ]);
      expect(items.map(({ metadata }) => metadata.name)).not.toContain(job.name);
    });
  });

  describe.concurrent('what a job says of itself', () => {
    it('a part of the contract that this release does not have', async () => {
      const name = uniqueName('restore');
      const job = await Job.apply(environment(), { name, source: 'in', sink: 'out', spec: { restoreFrom: 'latest' } });
      const { message } = await job.waitForCondition('Stalled', 'True', { reason: 'NotSupportedYet' });
      expect(message).toBe(
        'not supported yet: spec.restoreFrom. Leave out spec.restoreFrom: this release does not have it.',
      );
      await job.waitForEvent('Warning NotSupportedYet not supported yet: spec.restoreFrom');
      expect((await job.read()).status?.phase).toBe('Failed');
      expect(await job.pods()).toEqual([]);
      await job.delete();
    });

    it('a topic that is not there; it starts as soon as there is one', async () => {
      const { bootstrapServers, bootstrapServersForPods } = environment().broker;
      const source = uniqueName('missing');
      const { sink } = await topicsFor();
      const job = await Job.apply(environment(), { name: uniqueName('no-topic'), source, sink });
      const { message } = await job.waitForCondition('Stalled', 'True', { reason: 'TopicNotFound' });
      const text = `topic ${source} does not exist on ${bootstrapServersForPods}; create it, or correct spec.source.kafka.topic.`;
      expect(message).toContain(text);
      await job.waitForEvent(`Warning TopicNotFound ${text}`);
      const { why } = (await job.read()).status ?? {};
      expect(why).toMatchObject({
        blockedBy: 'TopicNotFound',
        userAction: `For example: kafka-topics.sh --bootstrap-server ${bootstrapServersForPods} --create --topic ${source}`,
      });
      expect(await job.pods()).toEqual([]);
      await createTopic(bootstrapServers, source, { partitions: 1 });
      await job.waitUntilRunning(1);
      expect((await job.condition('Stalled'))?.status).toBe('False');
      await job.delete();
    });

    it('a broker that nobody can reach', async () => {
      const { cluster } = environment();
      const nobody = `${cluster.hostAddressForPods}:1`;
      const job = { name: uniqueName('no-broker'), source: 'in', sink: 'out' };
      await applied(cluster, [
        manifest(job, (spec) => {
          (spec['source'] as { kafka: Spec }).kafka['bootstrapServers'] = nobody;
        }),
      ]);
      const seen = new Job(environment(), job.name);
      const { message } = await seen.waitForCondition('Stalled', 'True', { reason: 'BrokerUnreachable' });
      expect(message).toContain(nobody);
      expect(message).toContain('Check spec.source.kafka.bootstrapServers');
      await seen.waitForEvent('Warning BrokerUnreachable');
      expect(await seen.pods()).toEqual([]);
      expect(await seen.delete()).toBeLessThan(TIMEOUT_MS);
    });

    it('credentials that the store does not take; it starts with the right ones', async () => {
      const { cluster, s3 } = environment();
      const name = uniqueName('s3-wrong');
      await applied(cluster, [secret(name, { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: 'wrong' })]);
      const spec = s3Storage({ credentialsSecretRef: { name } });
      const job = await Job.apply(environment(), { name, ...(await topicsFor()), spec });
      const { message } = await job.waitForCondition('Stalled', 'True', { reason: 'StorageUnavailable' });
      expect(message).toContain('SignatureDoesNotMatch');
      expect(message).toContain('check the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the secret');
      await job.waitForEvent('Warning StorageUnavailable');
      expect(JSON.stringify(await job.events())).not.toContain(s3.secretAccessKey);
      await job.patch(s3Storage({}));
      await job.waitUntilRunning(1);
      await job.delete();
    });

    it('a Secret that is not there', async () => {
      const name = uniqueName('no-secret');
      const spec = s3Storage({ credentialsSecretRef: { name } });
      const job = await Job.apply(environment(), { name, ...(await topicsFor()), spec });
      const { message } = await job.waitForCondition('Stalled', 'True', { reason: 'StorageUnavailable' });
      expect(message).toContain(`secret "${name}" not found`);
      expect(message).toContain(
        `Create the Secret in namespace ${NAMESPACE} with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
      );
      const { s3 } = environment();
      await applied(environment().cluster, [
        secret(name, { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey }),
      ]);
      await job.waitUntilRunning(1);
      await job.delete();
    });

    it('a bucket that is not there; it starts as soon as there is one', async () => {
      const bucket = uniqueName('bucket');
      const spec = s3Storage({ bucket });
      const job = await Job.apply(environment(), { name: uniqueName('no-bucket'), ...(await topicsFor()), spec });
      const { message } = await job.waitForCondition('Stalled', 'True', { reason: 'StorageUnavailable' });
      expect(message).toContain(
        `bucket ${bucket} does not exist: create it, or correct spec.checkpoint.storage.s3.bucket`,
      );
      await environment().s3.createBucket(bucket);
      await job.waitUntilRunning(1);
      await job.delete();
    });

    it('an image that cannot be pulled', async () => {
      const image = 'registry.invalid/streamjob/worker:none';
      const spec = { worker: { image } };
      const job = await Job.apply(environment(), { name: uniqueName('no-image'), ...(await topicsFor()), spec });
      const { message } = await job.waitForCondition('Stalled', 'True', { reason: 'ImagePullFailed' });
      expect(message).toMatch(new RegExp(`^Image ${image} cannot be pulled for pod ${job.name}-worker-`));
      expect(message).toContain('Correct spec.worker.image');
      await job.waitForEvent('Warning ImagePullFailed');
      await job.patch({ worker: null });
      await job.waitUntilRunning(1);
      await job.delete();
    });

    it('a change that a job with state cannot take over: the last good spec keeps running', async () => {
      const { source, sink } = await topicsFor();
      const job = await Job.apply(environment(), { name: uniqueName('change'), source, sink });
      await job.waitUntilRunning(1);
      const [pod] = await job.pods();
      await job.patch({ keyBy: ['sessionId'] });
      const { message } = await job.waitForCondition('Stalled', 'True', { reason: 'ChangeRefused' });
      expect(message).toBe(
        'spec.keyBy cannot change while the job has state: it is ["userId"], the change asks for ["sessionId"]. ' +
          'Generation 1 keeps running. Undo the change, create a new job, or delete this one and create it anew.',
      );
      await job.waitForEvent('Warning ChangeRefused spec.keyBy cannot change while the job has state');
      await send(source, [good(1), good(2), good(3)]);
      expect(await rows(sink, 2)).toMatchObject([
        { userId: 'u1', pageViews: 1, engagementMs: 1 },
        { userId: 'u1', pageViews: 1, engagementMs: 2 },
      ]);
      expect((await job.pods())[0]?.metadata.uid).toBe(pod?.metadata.uid);
      await job.patch({ keyBy: ['userId'] });
      await job.waitForCondition('Stalled', 'False');
      await job.waitUntilRunning(1);
      expect((await job.pods())[0]?.metadata.uid).toBe(pod?.metadata.uid);
      await job.delete();
    });
  });

  describe.concurrent('a record that is no JSON', () => {
    const BROKEN = '{"userId": "u1", "type"';

    it('is skipped and counted', async () => {
      const { source, sink } = await topicsFor();
      const job = await Job.apply(environment(), { name: uniqueName('skip'), source, sink });
      await job.waitUntilRunning(1);
      await send(source, [good(1), BROKEN, good(2), good(3)]);
      expect(await rows(sink, 2)).toHaveLength(2);
      const [pod] = await job.pods();
      const metrics = await environment().cluster.kubectl([
        'get',
        `--raw=/api/v1/namespaces/${NAMESPACE}/pods/${pod?.metadata.name ?? ''}:8081/proxy/metrics`,
      ]);
      expect(metrics).toMatch(
        new RegExp(
          `^streamjob_bad_records_total\\{[^}]*topic="${source}",partition="0",reason="malformed"[^}]*\\} 1$`,
          'm',
        ),
      );
      const log = await job.kubectl(['logs', pod?.metadata.name ?? '']);
      expect(log).toContain(`"topic":"${source}","partition":0,"offset":1,"reason":"malformed"`);
      await job.delete();
    });

    it('is put aside with its origin', async () => {
      const { source, sink } = await topicsFor();
      const aside = uniqueName('aside');
      const { bootstrapServers } = environment().broker;
      await createTopic(bootstrapServers, aside, { partitions: 1 });
      const spec = { onBadRecord: { deadLetter: { kafka: { topic: aside } } } };
      const job = await Job.apply(environment(), { name: uniqueName('aside'), source, sink, spec });
      await job.waitUntilRunning(1);
      await send(source, [good(1), BROKEN, good(2), good(3)]);
      expect(await rows(sink, 2)).toHaveLength(2);
      const letters: Row[] = await readCommitted({ bootstrapServers, topic: aside });
      expect(letters.map(({ key, value }) => ({ key, value }))).toEqual([{ key: 'k', value: BROKEN }]);
      expect(Object.fromEntries(letters[0]?.headers ?? [])).toMatchObject({
        'streamjob.reason': 'malformed',
        'streamjob.topic': source,
        'streamjob.partition': '0',
        'streamjob.offset': '1',
      });
      await job.delete();
    });

    it('ends the job that is told to fail, with its place; it goes on behind the record when told to skip', async () => {
      const { source, sink } = await topicsFor();
      const spec = { onBadRecord: 'fail', keyBy: ['$key'] };
      const job = await Job.apply(environment(), { name: uniqueName('fail'), source, sink, spec });
      await job.waitUntilRunning(1);
      await send(source, [good(1), good(2), BROKEN, good(3), good(4)]);
      const { message } = await job.waitForCondition('Stalled', 'True', { reason: 'PoisonRecord' });
      expect(message).toContain(`record ${source}/0@2 cannot be used (malformed)`);
      expect(message).toContain('spec.onBadRecord is fail');
      expect(message).toContain('set spec.onBadRecord to skip or to a deadLetter topic to go on behind this record');
      await job.waitForEvent(`Warning PoisonRecord record ${source}/0@2`);
      expect((await job.read()).status?.phase).toBe('Failed');
      // What came before it is out.
      const { bootstrapServers } = environment().broker;
      expect(await readCommittedJson({ bootstrapServers, topic: sink })).toMatchObject([{ engagementMs: 1 }]);
      await job.patch({ onBadRecord: 'skip' });
      await job.waitUntilRunning(1);
      expect(await rows(sink, 3)).toMatchObject([{ engagementMs: 1 }, { engagementMs: 2 }, { engagementMs: 3 }]);
      await job.delete();
    });
  });
}
