// Whole turns against a cluster and a Kafka in memory: what the world looks like afterwards.
import { beforeEach, expect, test } from 'vitest';
import { shuffleTopicConfig } from '../../crds/index.ts';
import { KafkaError } from '../kafka/index.ts';
import { KubeApiError } from '../kube/index.ts';
import { GROUP_ID, job, spec } from '../testing/job-fixtures.ts';
import { MemoryAdmin } from '../testing/memory-admin.ts';
import { MemoryBackend } from '../testing/memory-backend.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { KafkaObserver } from './kafka-observer.ts';
import { type Outcome, Reconciler } from './reconciler.ts';

const KEY = 'analytics/user-metrics';
const SHUFFLE = `${GROUP_ID}-shuffle`;

let admin: MemoryAdmin;
let backend: MemoryBackend;
let clock: VirtualClock;
let kafka: KafkaObserver;
let reconciler: Reconciler;

/** A new operator over the world as it is. */
function startOperator(): void {
  const admins = { get: () => admin };
  kafka = new KafkaObserver(admins, clock);
  reconciler = new Reconciler({ backend, kafka, admins, clock });
}

async function turns(count: number): Promise<Outcome | undefined> {
  let outcome: Outcome | undefined;
  for (let turn = 0; turn < count; turn++) {
    outcome = await reconciler.reconcile(KEY);
    await clock.advance(1_000);
  }
  return outcome;
}

const phase = (): string | undefined => backend.current?.status?.phase;
const stalled = (): string | undefined =>
  backend.current?.status?.conditions?.find((condition) => condition.type === 'Stalled' && condition.status === 'True')
    ?.reason;

beforeEach(() => {
  admin = new MemoryAdmin();
  admin.topics.set('website-clicks', { partitions: 4, config: {} });
  backend = new MemoryBackend(job({ metadata: { finalizers: [] } }));
  clock = new VirtualClock(Date.parse('2026-03-01T12:00:00Z'));
  startOperator();
});

test('a new job runs after a few turns, with its shuffle topic as it must be', async () => {
  await turns(3);
  expect([phase(), stalled(), backend.pods.length]).toEqual(['Running', undefined, 2]);
  expect(admin.topics.get(SHUFFLE)).toEqual({ partitions: 32, config: shuffleTopicConfig(1) });
  expect(backend.events).toEqual(['AllTasksLive']);
});

test('an operator that restarts over a running job writes nothing at all', async () => {
  await turns(4);
  backend.writes.length = 0;
  backend.events.length = 0;
  startOperator();
  await turns(20);
  expect([backend.writes, backend.events]).toEqual([[], []]);
});

test('a missing topic is found soon after it was made', async () => {
  admin.topics.clear();
  expect(await turns(2)).toMatchObject({ kind: 'requeue' });
  expect([phase(), stalled()]).toEqual(['Pending', 'TopicNotFound']);
  admin.topics.set('website-clicks', { partitions: 4, config: {} });
  await turns(3);
  expect([phase(), stalled()]).toEqual(['Running', undefined]);
});

test('a lost worker is put out of its group in the next turn, and fenced', async () => {
  await turns(3);
  admin.groups.set(GROUP_ID, new Set(['user-metrics-worker-0', 'user-metrics-worker-1']));
  backend.pods = backend.pods.slice(0, 1);
  kafka.podGone(KEY);
  await turns(1);
  expect([...(admin.groups.get(GROUP_ID) ?? [])]).toEqual(['user-metrics-worker-0']);
  expect(admin.fenced).toEqual([`${GROUP_ID}-user-metrics-worker-1`]);
});

test('a member whose pod only the API server knows yet is not put out', async () => {
  await turns(3);
  admin.groups.set(GROUP_ID, new Set(['user-metrics-worker-new']));
  backend.unseenPods = [
    { metadata: { name: 'user-metrics-worker-new', namespace: 'analytics' }, status: { phase: 'Running' } },
  ];
  kafka.podGone(KEY);
  await turns(1);
  expect([...(admin.groups.get(GROUP_ID) ?? [])]).toEqual(['user-metrics-worker-new']);
});

test('a membership that could not be looked at is looked at again', async () => {
  await turns(3);
  admin.groups.set(GROUP_ID, new Set(['user-metrics-worker-9']));
  admin.failure = new KafkaError('Unreachable', 'Kafka at kafka:9092 cannot be reached');
  kafka.podGone(KEY);
  await turns(1);
  admin.failure = null;
  await turns(1);
  expect([...(admin.groups.get(GROUP_ID) ?? [])]).toEqual([]);
});

test('topics that are fine are not asked for at every turn', async () => {
  await turns(5);
  admin.calls = [];
  await turns(10);
  expect(admin.calls).toEqual([]);
  await clock.advance(30_000);
  await turns(1);
  expect(admin.calls.filter((call) => call.startsWith('describe'))).toEqual([
    'describe website-clicks',
    `describe ${SHUFFLE}`,
  ]);
});

test('a refusal of the API server reaches the status, though the change never succeeds', async () => {
  backend.failNext = {
    write: 'applyDeployment',
    error: new KubeApiError('Invalid', 'containers[0].image: Required value', { status: 422 }),
  };
  expect(await turns(1)).toMatchObject({ kind: 'failed' });
  backend.failNext = {
    write: 'applyDeployment',
    error: new KubeApiError('Invalid', 'containers[0].image: Required value', { status: 422 }),
  };
  await turns(1);
  expect(stalled()).toBe('InvalidSpec');
  await turns(3);
  expect([stalled(), phase()]).toEqual([undefined, 'Running']);
});

test('a conflict is tried again and is no news for the user', async () => {
  backend.failNext = { write: 'setFinalizer', error: new KubeApiError('Conflict', 'stale') };
  expect(await turns(1)).toMatchObject({ kind: 'failed' });
  await turns(3);
  expect([phase(), backend.events]).toEqual(['Running', ['AllTasksLive']]);
});

test('an ACL that is missing for the shuffle topic is named', async () => {
  const error = new KafkaError(
    'NotAuthorized',
    'Creating topic is not allowed: the operator needs the ACL CREATE on topic prefix analytics.user-metrics',
  );
  admin.createTopic = () => Promise.reject(error);
  await turns(2);
  expect([phase(), stalled()]).toEqual(['Pending', 'NotAuthorized']);
});

test('policy drop leaves nothing in Kafka, and the object goes last', async () => {
  await turns(3);
  admin.groups.set(GROUP_ID, new Set());
  const current = backend.current;
  if (current === null) throw new Error('the job is gone');
  backend.current = {
    ...current,
    spec: spec({ deletion: { policy: 'drop' } }),
    metadata: { ...current.metadata, generation: 2, deletionTimestamp: new Date(clock.now()).toISOString() },
  };
  await turns(2);
  expect([backend.current, [...admin.groups.keys()], [...admin.topics.keys()]]).toEqual([null, [], ['website-clicks']]);
  expect(backend.writes.slice(-2)).toEqual(['dropCheckpoints', 'setFinalizer']);
  expect(await reconciler.reconcile(KEY)).toEqual({ kind: 'gone' });
});

test('a deletion whose cleaning up never succeeds ends at its deadline', async () => {
  await turns(3);
  const current = backend.current;
  if (current === null) throw new Error('the job is gone');
  backend.current = {
    ...current,
    spec: spec({ deletion: { policy: 'drop', deadline: '10s' } }),
    metadata: { ...current.metadata, generation: 2, deletionTimestamp: new Date(clock.now()).toISOString() },
  };
  admin.failure = new KafkaError('Unreachable', 'Kafka at kafka:9092 cannot be reached');
  await turns(9);
  expect(backend.current).not.toBeNull();
  await turns(3);
  expect([backend.current, backend.events.at(-1)]).toEqual([null, 'DeletionDeadlineExceeded']);
});
