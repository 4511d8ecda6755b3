// `spec.upgrade`, `spec.restoreFrom`, `spec.deletion`: how a job changes, from what it starts, and what it leaves behind.
import { z } from 'zod';
import { duration, flag, object } from './scalars.ts';

export const UpgradeSchema = object({
  mode: z
    .enum(['snapshot', 'stateless'])
    .default('snapshot')
    .describe('snapshot: state is carried over; stateless: the new version starts empty.'),
  maxSnapshotAge: duration().default('0s').describe('A snapshot younger than this is used instead of a new one.'),
  rollback: object({
    enabled: flag().default(true).describe('Go back to the old version when the new one does not become ready.'),
    deadline: duration().default('2m').describe('Time that the new version has to become ready.'),
    mayRepeat: flag()
      .default(false)
      .describe('Allow going back after the new version has committed, which repeats its rows.'),
  })
    .prefault({})
    .describe('What happens when an upgrade fails.'),
});

export const RestoreFromSchema = z
  .union(
    [
      z.enum(['fresh', 'latest']),
      object({ snapshot: z.string().min(1).max(253).describe('Name of a StreamJobSnapshot.') }),
      object({ uri: z.string().min(1).max(2048).describe('Address of a snapshot.') }),
    ],
    { error: 'must be fresh, latest, {snapshot: name} or {uri: "s3://…"}' },
  )
  .default('fresh')
  .describe('What a new incarnation starts from: fresh, latest, {snapshot: name} or {uri: "s3://…"}.')
  .meta({ 'x-kubernetes-preserve-unknown-fields': true });

export const DeletionSchema = object({
  policy: z
    .enum(['retain', 'snapshot', 'drop'])
    .default('retain')
    .describe(
      'retain: checkpoints and offsets stay; drop: they are deleted with the job; snapshot: one is taken first.',
    ),
  deadline: duration()
    .default('60s')
    .describe('Deletion goes on after this time even when cleaning up did not succeed.'),
});
