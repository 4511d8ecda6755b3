import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { childLabels, childName, selectorLabels, selectorText } from './labels.ts';
import { checkpointPrefix, groupId, incarnationId, jobPrefix, shuffleTopic, transactionalId } from './names.ts';
import { shuffleTopicConfig } from './shuffle-topic.ts';

const UID = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

test('everything durable carries the incarnation', () => {
  const incarnation = incarnationId({ namespace: 'analytics', job: 'user-metrics', uid: UID, number: 3 });
  expect(incarnation).toBe('analytics.user-metrics.0f1e2d3c-3');
  expect(groupId(incarnation)).toBe('analytics.user-metrics.0f1e2d3c-3');
  expect(shuffleTopic(incarnation)).toBe('analytics.user-metrics.0f1e2d3c-3-shuffle');
  expect(transactionalId(incarnation, 'user-metrics-worker-7d9f-x2k')).toBe(
    'analytics.user-metrics.0f1e2d3c-3-user-metrics-worker-7d9f-x2k',
  );
  expect(checkpointPrefix(incarnation)).toBe('analytics.user-metrics.0f1e2d3c-3/');
  expect(incarnation.startsWith(jobPrefix('analytics', 'user-metrics'))).toBe(true);
});

test.each([
  [{ job: 'a.b' }, 'job name must be a DNS label without dots; got "a.b"'],
  [{ namespace: '' }, 'namespace must be a DNS label without dots; got ""'],
  [{ uid: '12-34' }, 'uid must have at least 8 letters or digits; got "12-34"'],
  [{ number: 0 }, 'incarnation must be ≥ 1; got 0'],
])('an id cannot be made with %j', (part, message) => {
  expect(() => incarnationId({ namespace: 'n', job: 'j', uid: UID, number: 1, ...part })).toThrow(message);
});

test('different jobs never share an id, and every id is a legal topic name', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/);
  const parts = fc.record({
    namespace: label,
    job: label,
    uid: fc.uuid(),
    number: fc.integer({ min: 1, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const [first, second] = [incarnationId(a), incarnationId(b)];
      const same =
        a.namespace === b.namespace &&
        a.job === b.job &&
        a.uid.slice(0, 8) === b.uid.slice(0, 8) &&
        a.number === b.number;
      expect(first === second).toBe(same);
      expect(shuffleTopic(first)).toMatch(/^[a-zA-Z0-9.-]{1,249}$/);
    }),
  );
});

test('children of a job', () => {
  expect(childName('user-metrics')).toBe('user-metrics-worker');
  expect(childLabels('user-metrics', { planHash: 'cb421dfc', incarnation: 3 })).toEqual({
    'app.kubernetes.io/name': 'streamjob',
    'app.kubernetes.io/instance': 'user-metrics',
    'app.kubernetes.io/component': 'worker',
    'app.kubernetes.io/managed-by': 'streamjob-operator',
    'streamjob.dev/job': 'user-metrics',
    'streamjob.dev/plan-hash': 'cb421dfc',
    'streamjob.dev/incarnation': '3',
  });
  expect(selectorText(selectorLabels('j'))).toBe(
    'app.kubernetes.io/component=worker,app.kubernetes.io/instance=j,app.kubernetes.io/name=streamjob,streamjob.dev/job=j',
  );
});

test.each([
  [1, '1'],
  [2, '2'],
  [3, '2'],
])('a shuffle topic with %d replicas needs %s in sync', (replicas, inSync) => {
  expect(shuffleTopicConfig(replicas)).toEqual({
    'cleanup.policy': 'delete',
    'retention.ms': '-1',
    'retention.bytes': '-1',
    'segment.bytes': '67108864',
    'min.insync.replicas': inSync,
    'unclean.leader.election.enable': 'false',
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': '1048576',
  });
});

test('a topic needs a replica', () => {
  expect(() => shuffleTopicConfig(0)).toThrow('replication factor must be ≥ 1; got 0');
});
