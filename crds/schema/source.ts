// `spec.source`: which topic is read from where, how a record is decoded, and what time it has.
import { z } from 'zod';
import { bootstrapServers, duration, fieldPath, integer, nothing, object, text, topicName } from './scalars.ts';

export const PARTITIONERS = ['murmur2', 'crc32', 'trusted'] as const;
export const EVENT_TIME_UNITS = ['s', 'ms', 'us', 'ns', 'iso8601'] as const;

const secretKeyRef = object({
  name: text({
    rule: 'must be the name of a Secret',
    pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
    maxLength: 253,
  }).describe('Name of the Secret, in the namespace of the job.'),
});

export const StartFromSchema = z
  .union(
    [
      z.enum(['earliest', 'latest']),
      object({
        timestamp: z.iso
          .datetime({ offset: true, error: 'must be a time such as "2026-01-01T00:00:00Z"' })
          .describe('First record at or after this time, by Kafka record timestamp.'),
      }),
      object({
        offsets: z.record(z.string(), integer().min(0)).describe('Offset of each partition: {"0": 17}.'),
      }),
    ],
    { error: 'must be earliest, latest or {timestamp: "2026-01-01T00:00:00Z"}' },
  )
  .default('earliest')
  .describe(
    'Where reading begins: earliest, latest or {timestamp: "2026-01-01T00:00:00Z"}. Used once, when the job starts afresh; afterwards the committed offsets count.',
  )
  .meta({ 'x-kubernetes-preserve-unknown-fields': true });

export const KafkaSourceSchema = object({
  bootstrapServers: bootstrapServers({ mayBeEmpty: false }).describe(
    'Brokers to begin with, host:port, several separated by commas.',
  ),
  topic: topicName().optional().describe('The topic to read.'),
  topics: z.array(topicName()).min(1).max(100).optional().describe('Several topics to read.'),
  topicPattern: z.string().min(1).max(249).optional().describe('A pattern of topics to read.'),
  startFrom: StartFromSchema,
  endAt: object({
    timestamp: z.string().max(40).optional().describe('Stop at the first record at or after this time.'),
    offsets: z
      .record(z.string(), integer().min(0))
      .optional()
      .meta({ maxProperties: 10_000 })
      .describe('Stop at this offset of each partition.'),
  })
    .optional()
    .describe('Makes the job bounded: where reading ends.'),
  partitioner: z
    .enum(PARTITIONERS)
    .default('murmur2')
    .describe(
      'How producers choose the partition of a key: murmur2 (Java clients), crc32 (librdkafka) or trusted (no check). Checked for each record of a direct job.',
    ),
  partitionDiscovery: duration().default('30s').describe('How often new partitions are looked for; 0s turns it off.'),
  onDataLoss: z
    .enum(['fail', 'continue'])
    .default('fail')
    .describe('What to do when the broker has deleted records that were not read yet.'),
  auth: object({
    tls: object({
      caSecretRef: secretKeyRef.optional().describe('Secret with ca.crt.'),
      certSecretRef: secretKeyRef.optional().describe('Secret with tls.crt and tls.key.'),
    })
      .optional()
      .describe('TLS to the brokers.'),
    sasl: object({
      mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).describe('SASL mechanism.'),
      credentialsSecretRef: secretKeyRef.describe('Secret with username and password.'),
    })
      .optional()
      .describe('SASL log-in.'),
  })
    .optional()
    .describe('How to authenticate with the brokers.'),
});

export const FormatSchema = object({
  json: nothing().optional().describe('The value is one JSON object.'),
  text: nothing().optional().describe('The value is text.'),
  avro: z
    .looseObject({})
    .optional()
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .describe('The value is Avro.'),
  protobuf: z
    .looseObject({})
    .optional()
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .describe('The value is Protobuf.'),
  csv: z
    .looseObject({})
    .optional()
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .describe('The value is one line of CSV.'),
  debezium: z
    .looseObject({})
    .optional()
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .describe('The value is a Debezium change event.'),
});

export const EventTimeSchema = object({
  field: fieldPath().describe(
    'Field that holds the time of the event: a field path, $timestamp, $key or $headers.<name>.',
  ),
  unit: z
    .enum(EVENT_TIME_UNITS)
    .default('ms')
    .describe('Unit of that field: seconds, milliseconds, … since 1970, or ISO 8601 text.'),
});

export const WatermarkSchema = object({
  maxOutOfOrderness: duration()
    .default('0s')
    .describe('How far a record may be behind the highest event time of its partition without being late.'),
  idleTimeout: duration()
    .default('1m')
    .describe(
      'A partition that is silent for this long no longer holds back the watermark; 0s turns it off. Direct jobs ignore it.',
    ),
  closeIdleAfter: duration()
    .default('0s')
    .describe('After this much silence everywhere all open windows close; 0s turns it off.'),
  maxFuture: duration()
    .default('1d')
    .describe('A record further ahead of its Kafka timestamp than this is bad; 0s turns it off.'),
  maxDrift: duration()
    .default('1h')
    .describe('While catching up, a partition further ahead of the slowest one than this is paused; 0s turns it off.'),
});

export const SourceSchema = object({
  kafka: KafkaSourceSchema.describe('A Kafka topic.'),
  format: FormatSchema.prefault({ json: {} }).describe('How a record value is decoded; json when absent.'),
  eventTime: EventTimeSchema.optional().describe(
    'Where the time of an event is; the Kafka record timestamp when absent.',
  ),
  watermark: WatermarkSchema.prefault({}).describe('When a window counts as complete.'),
});
