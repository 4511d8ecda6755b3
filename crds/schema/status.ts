// `status` of a StreamJob: what the operator reports. Conditions follow kstatus.
import { z } from 'zod';
import { PHASES } from '../phases.ts';

export const CONDITION_TYPES = [
  'Ready',
  'Progressing',
  'Stalled',
  'Degraded',
  'RolledBack',
  'AutoscalingLimited',
  'Paused',
] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** Longest message of a condition; longer ones are cut. */
export const CONDITION_MESSAGE_MAX_LENGTH = 1024;

const time = () => z.string().meta({ format: 'date-time' });
const count = () => z.int().min(0);

export const ConditionSchema = z.object({
  type: z.enum(CONDITION_TYPES).describe('What the condition is about.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: z.string().max(128).describe('One word of the closed list of reasons.'),
  message: z.string().max(CONDITION_MESSAGE_MAX_LENGTH).describe('What is going on, and what to do.'),
  observedGeneration: count().describe('Generation of the spec that this is about.'),
  lastTransitionTime: time().describe('When status last changed.'),
});

export const WhySchema = z.object({
  blockedBy: z.string().optional().describe('What is in the way: one of the reasons.'),
  waitingFor: z.string().optional().describe('What has to happen next.'),
  since: time().optional().describe('Since when.'),
  nextAttemptAt: time().optional().describe('When it is tried again.'),
  userAction: z.string().optional().describe('What you can do.'),
});

export const PartitionLagSchema = z.object({
  topic: z.string().describe('Topic.'),
  partition: count().describe('Partition.'),
  records: count().describe('Records not processed yet.'),
});

export const StatusSchema = z.object({
  observedGeneration: count().optional().describe('Generation of the spec that this status is about.'),
  phase: z.enum(PHASES).optional().describe('Where the job is in its life.'),
  incarnation: count().optional().describe('Number of the incarnation that runs; rises with every fresh start.'),
  planHash: z.string().optional().describe('Hash of all parts of the spec that influence results or state.'),
  replicas: count().optional().describe('Worker pods that exist.'),
  readyReplicas: count().optional().describe('Worker pods whose tasks are all live.'),
  desiredReplicas: count().optional().describe('Worker pods that are wanted.'),
  selector: z.string().optional().describe('Label selector of the worker pods.'),
  watermark: z.string().optional().describe('Event time up to which windows have closed (ISO 8601).'),
  lastCommitAt: time().optional().describe('Last successful commit of any worker.'),
  conditions: z
    .array(ConditionSchema)
    .max(16)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .describe('Ready, Progressing, Stalled, Degraded, RolledBack, AutoscalingLimited, Paused.'),
  why: WhySchema.optional().describe('Why the job is not where it should be.'),
  lag: z
    .object({
      records: count().optional().describe('Records of the source that are not processed yet.'),
      seconds: z.number().min(0).optional().describe('Estimated time to process them.'),
      worstPartition: PartitionLagSchema.optional().describe('The partition that is most behind.'),
      skew: z.number().min(0).max(1).optional().describe('Share of the lag that the worst partition holds.'),
    })
    .optional()
    .describe('How far processing is behind the source.'),
  lastRestorable: z
    .object({
      uri: z.string().describe('Where it is.'),
      offsetAge: z.string().optional().describe('How old its offsets are.'),
      verifiedAt: time().optional().describe('When it was read back.'),
    })
    .optional()
    .describe('Newest state that the job can be restored from.'),
  lastDecision: z
    .object({
      at: time().optional().describe('When.'),
      replicas: count().optional().describe('How many workers it wants.'),
      message: z.string().max(1024).optional().describe('Why.'),
    })
    .optional()
    .describe('Last decision of the autoscaler.'),
  upgrade: z
    .object({
      step: z.string().optional().describe('Step that is under way.'),
      fromPlanHash: z.string().optional().describe('Plan that ran before.'),
      toPlanHash: z.string().optional().describe('Plan that takes over.'),
      snapshot: z.string().optional().describe('Snapshot that carries the state.'),
      startedAt: time().optional().describe('When the change began.'),
    })
    .optional()
    .describe('A change that takes several steps, and where it is.'),
});

export type Condition = z.infer<typeof ConditionSchema>;
export type Why = z.infer<typeof WhySchema>;
export type PartitionLag = z.infer<typeof PartitionLagSchema>;
export type StreamJobStatus = z.infer<typeof StatusSchema>;
