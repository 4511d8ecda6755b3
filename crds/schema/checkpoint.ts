// `spec.checkpoint`: how often state is saved, how much is kept, and where.
import { z } from 'zod';
import { duration, flag, object, text, wholeNumber } from './scalars.ts';

export const S3Schema = object({
  bucket: z.string().min(1, { error: 'must not be empty' }).max(255).describe('Bucket; it must exist.'),
  prefix: z.string().max(512).default('').describe('Put before the name of every object.'),
  region: z.string().max(64).default('us-east-1').describe('Region of the bucket.'),
  endpoint: text({
    rule: 'must be empty or a URL such as http://s3:8333',
    pattern: '^(https?://[^\\s/]+/?)?$',
    maxLength: 512,
  })
    .default('')
    .describe("Address of an S3-compatible store; empty = Amazon's."),
  pathStyle: flag().default(true).describe('Bucket in the path instead of the host name.'),
  credentialsSecretRef: object({
    name: text({
      rule: 'must be the name of a Secret',
      pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
      maxLength: 253,
    }).describe('Name of the Secret, in the namespace of the job.'),
  })
    .optional()
    .describe(
      'Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; absent = what the environment of the worker offers.',
    ),
  sse: z.string().max(64).default('').describe('Server-side encryption: empty, AES256 or aws:kms.'),
});

export const LocalSchema = object({
  path: text({ rule: 'must be an absolute path', pattern: '^/', maxLength: 1024 })
    .default('/var/lib/streamjob')
    .describe('Folder; in a cluster a volume that all workers share.'),
});

export const StorageSchema = object({
  s3: S3Schema.optional().describe('An S3-compatible object store.'),
  local: LocalSchema.optional().describe('A folder.'),
});

export const CheckpointSchema = object({
  interval: duration()
    .default('10s')
    .describe('How often state is saved. It bounds replay after a failure, not latency.'),
  retain: wholeNumber(1, 100).default(3).describe('How many checkpoints of each task are kept.'),
  storage: StorageSchema.describe('Where checkpoints are kept: exactly one of s3, local.'),
});
