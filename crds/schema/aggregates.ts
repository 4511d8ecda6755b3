// `spec.aggregates`: name of a result field → exactly one function, plus an optional filter.
import { z } from 'zod';
import { fieldPath, object, wholeNumber } from './scalars.ts';

/** Functions of the contract. Each is mergeable, whatever order its parts come in. */
export const AGGREGATE_FUNCTIONS = [
  'count',
  'sum',
  'min',
  'max',
  'avg',
  'variance',
  'stddev',
  'first',
  'last',
  'countDistinct',
  'approxCountDistinct',
  'quantile',
  'topK',
  'collect',
] as const;

/** Those that take any scalar: text, numbers, true and false. All others take numbers. */
export const SCALAR_FUNCTIONS: readonly (typeof AGGREGATE_FUNCTIONS)[number][] = [
  'count',
  'first',
  'last',
  'countDistinct',
  'approxCountDistinct',
  'collect',
];

export const AGGREGATE_NAME_MAX_LENGTH = 63;
export const AGGREGATES_MAX = 100;

const field = () =>
  fieldPath().optional().describe('Field whose values are aggregated; null and absent ones are left out.');
const of = () =>
  z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('CEL expression whose values are aggregated; null when a field in it is null or absent.');
const where = () =>
  z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      'CEL filter: only records for which it is true enter this aggregate. The same as where beside the function.',
    );
const input = () => object({ field: field(), of: of(), where: where() });

export const AggregateSchema = object({
  count: object({
    field: fieldPath().optional().describe('Count only records in which this field is not null.'),
    of: of(),
    where: where(),
  })
    .optional()
    .describe('Number of records.'),
  sum: input().optional().describe('Sum of numbers; null over no input, and when an integer sum leaves ±(2^53 − 1).'),
  min: input().optional().describe('Smallest number; null over no input.'),
  max: input().optional().describe('Largest number; null over no input.'),
  avg: input().optional().describe('Mean of numbers; null over no input.'),
  variance: input().optional().describe('Variance of a sample.'),
  stddev: input().optional().describe('Standard deviation of a sample.'),
  first: input().optional().describe('Value with the smallest event time.'),
  last: input().optional().describe('Value with the greatest event time.'),
  countDistinct: input().optional().describe('Exact number of distinct values.'),
  approxCountDistinct: input().optional().describe('Approximate number of distinct values.'),
  quantile: object({
    field: field(),
    of: of(),
    where: where(),
    q: z.number().min(0).max(1).describe('Which quantile, 0 to 1.'),
    relativeError: z.number().gt(0).lt(1).default(0.01).describe('Largest relative error of the answer.'),
  })
    .optional()
    .describe('A quantile of numbers.'),
  topK: object({ field: field(), of: of(), where: where(), k: wholeNumber(1, 10_000).describe('How many values.') })
    .optional()
    .describe('The k largest numbers, duplicates kept.'),
  collect: object({
    field: field(),
    of: of(),
    where: where(),
    limit: wholeNumber(1, 1_000_000).default(1000).describe('Most values that are kept.'),
  })
    .optional()
    .describe('All values, by event time.'),
  where: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('CEL filter: only records for which it is true enter this aggregate.'),
});

export const AggregatesSchema = z
  .record(z.string(), AggregateSchema)
  .meta({ minProperties: 1, maxProperties: AGGREGATES_MAX });
