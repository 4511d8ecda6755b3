// The operator at work: one job is taken through what happens to jobs in a year, clicks flowing all the while; in the end its results must be
// exact. Then the end of jobs: what is kept and what is dropped.
import { beforeAll, describe, expect, it } from 'vitest';
import { readCommittedJson } from '../harness/kcat.ts';
import { waitUntil } from '../harness/ports.ts';
import { createTopic, uniqueName } from '../harness/topics.ts';
import { awaitRows } from '../support/await-rows.ts';
import { ClickFlow } from './click-flow.ts';
import { compareSink, inWords } from './compare-sink.ts';
import { type Environment, NAMESPACE, OPERATOR_NAMESPACE } from './environment.ts';
import { ALL, incarnationOf, NOTHING, remainsOf } from './job-remains.ts';
import { Job } from './job.ts';
import { got } from './kubectl.ts';

interface Deployment {
  readonly metadata: {
    readonly uid: string;
    readonly generation: number;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly replicas: number };
}

const PARTITIONS = 2;
const POLL_MS = 300;
const TIMEOUT_MS = 60_000;
const SETTLE_MS = 30_000;

async function makeTopics({ broker }: Environment): Promise<{ source: string; sink: string }> {
  const source = uniqueName('clicks');
  const sink = uniqueName('metrics');
  await createTopic(broker.bootstrapServers, source, { partitions: PARTITIONS });
  await createTopic(broker.bootstrapServers, sink, { partitions: 1 });
  return { source, sink };
}

export function operatorAtWork(environment: () => Environment): void {
  describe('a job through its life', () => {
    let job: Job;
    let flow: ClickFlow;
    let sink: string;

    const deployment = (): Promise<Deployment> =>
      got(environment().cluster, [`deployment/${job.name}-worker`, `--namespace=${NAMESPACE}`]);
    const uids = async (): Promise<string[]> => (await job.pods()).map(({ metadata }) => metadata.uid);
    /** Waits until results of clicks that were produced after this call have come out. */
    const resultsGoOn = async (): Promise<void> => {
      const { bootstrapServers } = environment().broker;
      const { length } = await readCommittedJson({ bootstrapServers, topic: sink });
      // More than the windows that were open hold: 200 users in each.
      await awaitRows({ bootstrapServers, topic: sink, count: length + 500, timeoutMs: TIMEOUT_MS });
    };

    beforeAll(async () => {
      const topics = await makeTopics(environment());
      ({ sink } = topics);
      const spec = { parallelism: 2, deletion: { policy: 'retain' } };
      job = await Job.apply(environment(), { name: uniqueName('life'), ...topics, spec });
      await job.waitUntilRunning(2);
      const { bootstrapServers } = environment().broker;
      flow = new ClickFlow({ bootstrapServers, topic: topics.source, partitions: PARTITIONS });
    });

    it('a restarted operator changes nothing', async () => {
      const { cluster } = environment();
      const before = {
        deployment: (await deployment()).metadata,
        uids: await uids(),
        job: (await job.read()).metadata,
      };
      const inSystem = `--namespace=${OPERATOR_NAMESPACE}`;
      await cluster.kubectl(['rollout', 'restart', 'deployment/streamjob-operator', inSystem]);
      await cluster.kubectl(['rollout', 'status', 'deployment/streamjob-operator', inSystem, '--timeout=60s']);
      // The new one has looked at the job: it alone can have written these figures.
      const restartedAt = Date.now();
      await waitUntil(async () => Date.parse((await job.read()).status?.lastCommitAt ?? '') > restartedAt, {
        timeoutMs: TIMEOUT_MS,
        pollMs: POLL_MS,
        what: 'a status by the new operator',
      });
      const after = { deployment: (await deployment()).metadata, uids: await uids(), job: (await job.read()).metadata };
      expect(after.uids).toEqual(before.uids);
      expect(after.deployment.uid).toBe(before.deployment.uid);
      expect(after.deployment.generation).toBe(before.deployment.generation);
      expect(after.job.generation).toBe(before.job.generation);
    });

    it('a hand-edited number of replicas is corrected', async () => {
      await job.kubectl(['scale', `deployment/${job.name}-worker`, '--replicas=4']);
      await waitUntil(async () => (await deployment()).spec.replicas === 2, {
        timeoutMs: TIMEOUT_MS,
        pollMs: POLL_MS,
        what: 'the return to two replicas',
      });
      await job.waitUntilRunning(2);
    });

    it('another writer of the same objects does not stop it', async () => {
      const { uid } = (await deployment()).metadata;
      const pods = await uids();
      const rounds = Array.from({ length: 8 }, (_, round) => round);
      for (const round of rounds) {
        await Promise.all([
          job.kubectl(['annotate', `sj/${job.name}`, `example.com/round=${round}`, '--overwrite']),
          // The operator follows its own children by this label: without it the object looks deleted.
          job.kubectl([
            'label',
            `deployment/${job.name}-worker`,
            'app.kubernetes.io/managed-by=another',
            '--overwrite',
          ]),
          job.kubectl(['label', `configmap/${job.name}-worker`, `example.com/round=${round}`, '--overwrite']),
        ]);
      }
      const managedBy = async (): Promise<string | undefined> =>
        (await deployment()).metadata.labels['app.kubernetes.io/managed-by'];
      await waitUntil(async () => (await managedBy()) === 'streamjob-operator', {
        timeoutMs: TIMEOUT_MS,
        pollMs: POLL_MS,
        what: "the return of the operator's label",
      });
      await job.waitUntilRunning(2);
      expect((await deployment()).metadata.uid).toBe(uid);
      expect(await uids()).toEqual(pods);
      await resultsGoOn();
    });

    it('a deleted Deployment comes back', async () => {
      const { uid } = (await deployment()).metadata;
      const pods = await uids();
      await job.kubectl(['delete', `deployment/${job.name}-worker`, '--wait=true', '--cascade=foreground']);
      await job.waitForWorkers(2, (now) => now.every(({ metadata }) => !pods.includes(metadata.uid)));
      await job.waitForCondition('Ready', 'True');
      expect((await deployment()).metadata.uid).not.toBe(uid);
      await resultsGoOn();
    });

    it('a crashed API server is survived: workers go on meanwhile, the operator afterwards', async () => {
      const pods = await uids();
      await environment().cluster.crashApiServer();
      await resultsGoOn();
      expect(await uids()).toEqual(pods);
      await job.kubectl(['scale', `sj/${job.name}`, '--replicas=1']);
      await job.waitUntilRunning(1);
    });

    it('is suspended without a worker left, and resumed', async () => {
      await job.patch({ state: 'suspended' });
      await job.waitForWorkers(0);
      const ready = await job.waitForCondition('Ready', 'False', { reason: 'Suspended' });
      expect(ready.message).toBe('spec.state is suspended: no worker runs; offsets and state are kept.');
      expect((await job.read()).status?.phase).toBe('Suspended');
      const sentWhileSuspended = flow.sent;
      await waitUntil(async () => flow.sent > sentWhileSuspended + 1_000, {
        timeoutMs: TIMEOUT_MS,
        what: 'clicks for nobody',
      });
      await job.patch({ state: 'running' });
      await job.waitUntilRunning(1);
      await resultsGoOn();
      await job.waitForEvent('Normal Resumed');
    });

    it('has written every result exactly once after all this', async () => {
      const { bootstrapServers } = environment().broker;
      const expected = await flow.end();
      const check = { bootstrapServers, topic: sink, expected };
      await compareSink({ ...check, timeoutMs: SETTLE_MS });
      // Only when no worker is left can no row come any more.
      await job.patch({ state: 'suspended' });
      await job.waitForWorkers(0);
      const comparison = await compareSink({ ...check, timeoutMs: 0 });
      process.stdout.write(`a job through its life: ${inWords(comparison)}\n`);
      expect(comparison).toEqual({ compared: expected.length, lost: 0, duplicated: 0, wrong: 0, samples: [] });
      await job.patch({ state: 'running' });
      await job.waitUntilRunning(1);
    });

    it('leaves what it has when it is deleted with policy retain; a new job of its name says so, and drops only its own', async () => {
      const first = await incarnationOf(job);
      await job.delete();
      expect(await remainsOf(environment(), first)).toEqual(ALL);

      const topics = await makeTopics(environment());
      const again = await Job.apply(environment(), { name: job.name, ...topics });
      await again.waitUntilRunning(1);
      const second = await incarnationOf(again);
      expect(second).not.toBe(first);
      await again.waitForEvent(
        `Normal RetainedStateFound State of an earlier job is kept under ${NAMESPACE}.${job.name}.`,
      );
      await waitUntil(async () => (await remainsOf(environment(), second)).checkpoints, {
        timeoutMs: TIMEOUT_MS,
        pollMs: POLL_MS,
        what: 'a checkpoint',
      });
      await again.delete();
      expect(await remainsOf(environment(), second)).toEqual(NOTHING);
      expect(await remainsOf(environment(), first)).toEqual(ALL);
    });
  });
}
