import { expect, test } from 'vitest';
import { type Condition, type ConditionType, FINALIZER, validateStreamJob } from '../../../crds/index.ts';
import {
  FINE_KAFKA,
  GROUP_ID,
  NOW,
  PODS,
  fresh,
  job,
  ofType,
  pod,
  running,
  runningStatus,
  spec,
  withStatus,
} from '../../testing/job-fixtures.ts';
import type { Action, ActionType } from '../actions.ts';
import { CHANGE_ROWS } from './cases/change.cases.ts';
import { DELETION_ROWS } from './cases/deletion.cases.ts';
import { POD_ROWS } from './cases/pods.cases.ts';
import { REST_ROWS } from './cases/rest.cases.ts';
import { START_ROWS } from './cases/start.cases.ts';
import { SUSPEND_ROWS } from './cases/suspend.cases.ts';
import { SECONDS_AGO } from './cases/row.cases.ts';
import { plan } from './plan.ts';

const ROWS = { ...START_ROWS, ...REST_ROWS, ...CHANGE_ROWS, ...SUSPEND_ROWS, ...POD_ROWS, ...DELETION_ROWS };

const REPORTS: ReadonlySet<ActionType> = new Set(['patchStatus', 'emitEvent', 'requeue']);

test.each(Object.entries(ROWS))('%s', (_name, row) => {
  const observed = row.given();
  const actions = plan(observed, NOW);
  const status = ofType(actions, 'patchStatus')[0]?.status ?? observed.job.status;
  const conditions = status?.conditions ?? [];
  const deployment = ofType(actions, 'applyDeployment')[0]?.object as { spec?: { replicas?: number } } | undefined;
  const text = [messageOf(conditions, 'Stalled'), messageOf(conditions, 'Degraded')].join(' ');
  const { given: _given, ...wanted } = row;
  const seen: Record<keyof typeof wanted, unknown> = {
    does: actions.filter((action) => !REPORTS.has(action.type)).map((action) => action.type),
    phase: status?.phase,
    holds: Object.fromEntries(
      (['Ready', 'Stalled', 'Degraded'] as const)
        .filter((type) => type !== 'Ready' || row.holds?.Ready !== undefined)
        .map((type) => [type, reasonWhenTrue(conditions, type)])
        .filter(([, reason]) => reason !== null),
    ),
    says: (row.says ?? []).filter((words) => text.includes(words)),
    tells: ofType(actions, 'emitEvent').map((event) => event.reason),
    replicas: deployment?.spec?.replicas,
  };
  const named = Object.keys(wanted) as (keyof typeof wanted)[];
  expect(Object.fromEntries(named.map((field) => [field, seen[field]]))).toEqual(wanted);
});

test('every text of every row is at most 1 kB, and no turn spins', () => {
  for (const row of Object.values(ROWS)) {
    const actions = plan(row.given(), NOW);
    const messages = [
      ...ofType(actions, 'emitEvent').map((event) => event.message),
      ...ofType(actions, 'patchStatus').flatMap(({ status }) =>
        (status.conditions ?? []).map((condition) => condition.message),
      ),
    ];
    expect(messages.filter((message) => Buffer.byteLength(message) > 1_024)).toEqual([]);
    expect(ofType(actions, 'requeue').filter((requeue) => requeue.afterMs < 1_000)).toEqual([]);
  }
});

test('the same turn again, after its status was written, writes nothing: no churn', () => {
  for (const [name, row] of Object.entries(ROWS)) {
    const observed = row.given();
    const status = ofType(plan(observed, NOW), 'patchStatus')[0]?.status;
    if (status === undefined) continue;
    const again = plan({ ...observed, job: { ...observed.job, status }, statusWrittenMs: NOW }, NOW + 1_000);
    expect([name, ofType(again, 'patchStatus')]).toEqual([name, []]);
  }
});

test('a finalizer is added to the others, and status is guarded by the incarnation that runs', () => {
  const [status] = ofType(plan(running({ job: withStatus(job(), {}) }), NOW), 'patchStatus');
  expect(status?.status).toMatchObject({ incarnation: 1, observedGeneration: 1, replicas: 2, readyReplicas: 2 });
  expect(job().metadata.finalizers).toContain(FINALIZER);
});

test('an eviction names the group, the instance and its transactional id', () => {
  const actions = plan(running({ kafka: { ...FINE_KAFKA, members: [PODS[1]] }, pods: [pod(PODS[0])] }), NOW);
  expect(ofType(actions, 'evictMember')).toEqual([
    {
      type: 'evictMember',
      bootstrapServers: 'kafka:9092',
      groupId: GROUP_ID,
      instanceId: PODS[1],
      transactionalId: `${GROUP_ID}-${PODS[1]}`,
    },
  ]);
});

test('the shuffle topic has as many replicas as there are brokers, at most three', () => {
  const factors = [1, 2, 3, 9].map(
    (brokers) =>
      ofType(
        plan(fresh({ kafka: { ...FINE_KAFKA, brokers, shuffle: { state: 'missing' } } }), NOW),
        'createShuffleTopic',
      )[0],
  );
  expect(
    factors.map((action) => [action?.replicationFactor, action?.config['min.insync.replicas'], action?.partitions]),
  ).toEqual([
    [1, '1', 32],
    [2, '2', 32],
    [3, '2', 32],
    [3, '2', 32],
  ]);
});

test('a cause that lasts is looked at ever less often, at most every half minute', () => {
  const kafka = { ...FINE_KAFKA, source: { state: 'missing' } } as const;
  const after = (seconds: number): number | undefined => {
    const status = runningStatus({ why: { blockedBy: 'TopicNotFound', since: SECONDS_AGO(seconds) } });
    return ofType(plan(fresh({ job: job({ status }), kafka }), NOW), 'requeue')[0]?.afterMs;
  };
  expect([0, 40, 3_600].map(after)).toEqual([5_000, 10_000, 30_000]);
});

test('secrets of the manifest reach neither status nor events', () => {
  const theJob = job({ spec: spec({ worker: { env: [{ name: 'PASSWORD', value: 'hunter2' }] } }) });
  const actions: Action[] = plan(fresh({ job: theJob, validation: validateStreamJob(theJob) }), NOW);
  expect(JSON.stringify([ofType(actions, 'patchStatus'), ofType(actions, 'emitEvent')])).not.toContain('hunter2');
});

function conditionOf(conditions: readonly Condition[], type: ConditionType): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

function reasonWhenTrue(conditions: readonly Condition[], type: ConditionType): string | null {
  const condition = conditionOf(conditions, type);
  return condition?.status === 'True' ? condition.reason : null;
}

function messageOf(conditions: readonly Condition[], type: ConditionType): string {
  return conditionOf(conditions, type)?.message ?? '';
}
