// The StreamJob object: what kubectl applies, and the JSON schema that the definition, the reference page and messages share.
import { z } from 'zod';
import { API_VERSION, KIND } from '../labels.ts';
import { object } from './scalars.ts';
import { SpecSchema, type StreamJobSpec } from './spec.ts';
import { StatusSchema, type StreamJobStatus } from './status.ts';

/** A job's name enters topic names and ids in which dots separate; `<job>-worker-<hash>-<hash>` must stay a label. */
export const NAME_MAX_LENGTH = 40;
export const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
export const NAME_RULE = `must be a DNS label without dots (lower case letters, digits, dashes), at most ${NAME_MAX_LENGTH} characters`;

export const MetadataSchema = z.looseObject({
  name: z
    .string({ error: NAME_RULE })
    .max(NAME_MAX_LENGTH, { error: NAME_RULE })
    .regex(new RegExp(NAME_PATTERN), { error: NAME_RULE })
    .describe('Name of the job.'),
  namespace: z.string().min(1).optional().describe('Namespace of the job.'),
  uid: z.string().optional(),
  generation: z.int().optional(),
  resourceVersion: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
  creationTimestamp: z.string().nullable().optional(),
  deletionTimestamp: z.string().optional(),
});

export const StreamJobSchema = object({
  apiVersion: z.literal(API_VERSION).describe('Version of the contract.'),
  kind: z.literal(KIND).describe('Kind of the object.'),
  metadata: MetadataSchema.describe('Name, namespace, labels, annotations.'),
  spec: SpecSchema.describe('What the job does.'),
  status: z.unknown().optional().describe('What the operator reports.'),
});

export type Metadata = z.infer<typeof MetadataSchema>;

/** A StreamJob as it stands in a manifest or comes from the API server. */
export interface StreamJob {
  apiVersion: typeof API_VERSION;
  kind: typeof KIND;
  metadata: Metadata;
  spec: StreamJobSpec;
  status?: StreamJobStatus;
}

/** The part of JSON schema (OpenAPI 3.0 dialect) that zod writes and we read. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  [keyword: string]: unknown;
}

/** JSON schema of `spec`, as users write it (defaults are optional fields). */
export const specJsonSchema = lazy(
  () => z.toJSONSchema(SpecSchema, { io: 'input', target: 'openapi-3.0', unrepresentable: 'any' }) as JsonSchema,
);

/** JSON schema of `status`. */
export const statusJsonSchema = lazy(
  () => z.toJSONSchema(StatusSchema, { io: 'input', target: 'openapi-3.0', unrepresentable: 'any' }) as JsonSchema,
);

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
