// `spec.sinks`, `spec.delivery`, and the two side outputs: where results go and with which guarantee.
import { z } from 'zod';
import { bootstrapServers, duration, nothing, object, topicName } from './scalars.ts';

export const SinkSchema = object({
  kafka: object({
    topic: topicName().describe('Topic to write to; it must exist and must not be compacted.'),
    bootstrapServers: bootstrapServers({ mayBeEmpty: true })
      .default('')
      .describe("Brokers of the topic; empty = the source's. Exactly-once needs the source's cluster."),
  })
    .optional()
    .describe('A Kafka topic; one JSON record per row.'),
  print: nothing().optional().describe('One JSON line per row on standard output.'),
  postgres: z
    .looseObject({})
    .optional()
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .describe('A PostgreSQL table.'),
});

export const SinksSchema = z.array(SinkSchema).min(1).max(16).meta({ 'x-kubernetes-list-type': 'atomic' });

export const SideOutputSchema = object({
  kafka: object({ topic: topicName().describe("Topic in the source's cluster.") }).describe('A Kafka topic.'),
});

export const OnBadRecordSchema = z
  .union(
    [
      z.enum(['skip', 'fail']),
      object({ deadLetter: SideOutputSchema.describe('The record goes there as it is, its reason in headers.') }),
    ],
    { error: 'must be skip, fail or {deadLetter: {kafka: {topic: …}}}' },
  )
  .default('skip')
  .describe(
    'What happens to a record that cannot be read: skip (counted), fail (the job stops) or {deadLetter: {kafka: {topic: …}}}.',
  )
  .meta({ 'x-kubernetes-preserve-unknown-fields': true });

export const DeliverySchema = object({
  guarantee: z
    .enum(['exactlyOnce', 'atLeastOnce'])
    .default('exactlyOnce')
    .describe('exactlyOnce: no result is lost or repeated.'),
  commitInterval: duration()
    .default('100ms')
    .describe('Longest time between two commits while records come; results of closed windows are committed at once.'),
  transactionTimeout: duration()
    .default('10s')
    .describe('After this time the broker aborts the open transaction of a dead worker; more than 5 × commitInterval.'),
});
