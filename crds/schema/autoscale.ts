// `spec.autoscale`: when and how far the number of workers follows the load.
import { z } from 'zod';
import { duration, object, wholeNumber } from './scalars.ts';

export const AutoscaleSchema = object({
  mode: z
    .enum(['auto', 'advise', 'manual'])
    .default('manual')
    .describe('manual: parallelism is what you set; advise: only says what it would do; auto: does it.'),
  min: wholeNumber(0).default(1).describe('Fewest workers; 0 = down to none.'),
  max: wholeNumber(1).default(8).describe('Most workers.'),
  targetUtilization: z.number().gt(0).max(1).default(0.7).describe('Share of the time that workers should be busy.'),
  maxLag: duration().default('30s').describe('Lag that calls for more workers.'),
  catchUp: duration().default('5m').describe('Time in which a backlog should be worked off.'),
  stabilizeUp: duration().default('30s').describe('How long more workers must be wanted before they are added.'),
  stabilizeDown: duration().default('5m').describe('How long fewer workers must be wanted before some are removed.'),
  idleAfter: duration().default('10m').describe('With min 0: no records for this long stops the last worker.'),
  excludedPeriods: z.array(z.string().max(256)).max(32).default([]).describe('Times in which nothing is changed.'),
});
