// `spec` of a StreamJob: the whole of it, one field per line.
import { z } from 'zod';
import { AggregatesSchema } from './aggregates.ts';
import { AutoscaleSchema } from './autoscale.ts';
import { CheckpointSchema } from './checkpoint.ts';
import { duration, object, text, wholeNumber } from './scalars.ts';
import { DeliverySchema, OnBadRecordSchema, SideOutputSchema, SinksSchema } from './sinks.ts';
import { SourceSchema } from './source.ts';
import { DeletionSchema, RestoreFromSchema, UpgradeSchema } from './upgrade.ts';
import { EmitSchema, WindowSchema } from './window.ts';
import { WorkerSchema } from './worker.ts';

/** Most partitions that a shuffle topic may have. */
export const MAX_PARALLELISM_LIMIT = 1024;

const keyPart = () =>
  text({
    rule: 'must be a field path such as userId or user.id, $key, $partition or $headers.<name>',
    pattern: '^(\\$key|\\$partition|\\$headers\\..+|[^.$]([^.]|\\.[^.])*)$',
    maxLength: 256,
  });

export const SpecSchema = object({
  source: SourceSchema.describe('What is read.'),
  onBadRecord: OnBadRecordSchema,
  where: z
    .string()
    .min(1, { error: 'must not be empty; leave the field out to take every record' })
    .max(4096)
    .optional()
    .describe('CEL filter: only records for which it is true are aggregated.'),
  keyBy: z
    .array(keyPart())
    .min(1)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe(
      'What records are grouped by: field paths, or $key, $partition and $headers.<name> for the key, partition and headers of the Kafka record.',
    ),
  shuffle: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .describe('Whether records travel through a shuffle topic. auto: not when keyBy is exactly [$key].'),
  window: WindowSchema.describe('Into which windows of event time records are put: exactly one kind.'),
  allowedLateness: duration().default('0s').describe('How long after its end a window still takes late records.'),
  lateData: SideOutputSchema.optional().describe('Where late records go; absent: they are only counted.'),
  emit: EmitSchema.prefault({}).describe('When results come out.'),
  aggregates: AggregatesSchema.describe(
    'What is computed: name of the result field → exactly one function, plus an optional where.',
  ),
  sinks: SinksSchema.describe('Where results go; each with exactly one kind.'),
  delivery: DeliverySchema.prefault({}).describe('Guarantee and pace of delivery.'),
  checkpoint: CheckpointSchema.describe('Where and how often state is saved.'),
  parallelism: wholeNumber(0).default(2).describe('Number of worker replicas; what kubectl scale changes.'),
  maxParallelism: wholeNumber(1, MAX_PARALLELISM_LIMIT)
    .default(32)
    .describe('Partitions of the shuffle topic, the most workers that can aggregate; fixed once the job has started.'),
  autoscale: AutoscaleSchema.prefault({}).describe('How the number of workers follows the load.'),
  upgrade: UpgradeSchema.prefault({}).describe('How a changed job takes over from the old one.'),
  restoreFrom: RestoreFromSchema,
  state: z
    .enum(['running', 'suspended'])
    .default('running')
    .describe('suspended: workers are stopped, offsets and state are kept.'),
  deletion: DeletionSchema.prefault({}).describe('What is left when the job is deleted.'),
  worker: WorkerSchema.prefault({}).describe('What the worker pods look like.'),
});

/** `spec` as a user writes it: defaults may be absent. */
export type StreamJobSpec = z.input<typeof SpecSchema>;
/** `spec` with the schema's defaults filled in, still in the manifest's own shape. */
export type FilledSpec = z.output<typeof SpecSchema>;
