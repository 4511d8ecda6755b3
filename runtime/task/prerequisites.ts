// What must exist before a worker can join: the source topic, the shuffle topic, the sink topics.
import type { ProblemReason, ResolvedJob } from '../../crds/index.ts';
import type { Broker, TopicMetadata } from '../log/broker.ts';
import type { ProblemDetails } from './problem.ts';

export interface Topics {
  readonly clusterId: string;
  readonly source: TopicMetadata;
  /** Null for direct jobs. */
  readonly shuffle: TopicMetadata | null;
  /** By name: sinks, the dead-letter topic and that of late records. */
  readonly outputs: ReadonlyMap<string, TopicMetadata>;
}

/** Every Kafka topic that the job writes results, late or bad records to. */
export function outputTopics(job: ResolvedJob): readonly string[] {
  const topics = job.sinks.flatMap((sink) => (sink.kind === 'kafka' ? [sink.topic] : []));
  if (job.onBadRecord.kind === 'deadLetter') topics.push(job.onBadRecord.topic);
  if (job.lateData !== null) topics.push(job.lateData.topic);
  return [...new Set(topics)];
}

/** The topics, or the first problem in words. Throws BrokerError. */
export async function findTopics(
  broker: Broker,
  job: ResolvedJob,
  shuffleTopic: string | null,
): Promise<Topics | ProblemDetails> {
  const outputs = outputTopics(job);
  const source = job.source.kafka.topic;
  const cluster = await broker.metadata([source, ...(shuffleTopic === null ? [] : [shuffleTopic]), ...outputs]);
  const found = new Map(cluster.topics.map((topic) => [topic.topic, topic]));
  const roles: [string, string, string][] = [[source, 'source topic', 'spec.source.kafka.topic']];
  if (shuffleTopic !== null) roles.push([shuffleTopic, 'shuffle topic', 'the operator creates it']);
  for (const topic of outputs) roles.push([topic, 'output topic', 'spec.sinks, spec.onBadRecord or spec.lateData']);
  for (const [name, role, field] of roles) {
    const topic = found.get(name);
    const error = topic?.error ?? 'UNKNOWN_TOPIC_OR_PARTITION';
    if (error !== 'NONE') return topicProblem({ name, role, field, error, servers: job.source.kafka.bootstrapServers });
  }
  const shuffle = shuffleTopic === null ? null : (found.get(shuffleTopic) ?? null);
  if (shuffle !== null && shuffle.partitions.length !== job.maxParallelism)
    return {
      reason: 'ShuffleTopicDiffers',
      message: `shuffle topic ${shuffle.topic} has ${shuffle.partitions.length} partitions, spec.maxParallelism is ${job.maxParallelism}: keys would go to other tasks`,
      userAction: 'delete and re-create the job; the number of shuffle partitions is fixed for its life',
      topic: shuffle.topic,
    };
  const sourceTopic = found.get(source);
  if (sourceTopic === undefined) throw new Error(`metadata of ${source} vanished between two looks at one answer`);
  return {
    clusterId: cluster.clusterId,
    source: sourceTopic,
    shuffle,
    outputs: new Map(
      outputs.flatMap((name) => {
        const topic = found.get(name);
        return topic === undefined ? [] : [[name, topic] as const];
      }),
    ),
  };
}

function topicProblem(about: {
  name: string;
  role: string;
  field: string;
  error: string;
  servers: string;
}): ProblemDetails {
  const { name, role, field, error, servers } = about;
  const [reason, message, userAction]: [ProblemReason, string, string] = error.endsWith('AUTHORIZATION_FAILED')
    ? [
        'NotAuthorized',
        `${role} ${name} (${field}): not authorised to describe it`,
        `grant DESCRIBE on topic ${name} to the worker's principal`,
      ]
    : error === 'UNKNOWN_TOPIC_OR_PARTITION'
      ? [
          'TopicNotFound',
          `${role} ${name} (${field}) does not exist on ${servers}`,
          `create topic ${name}, or correct ${field}`,
        ]
      : [
          'BrokerUnreachable',
          `${role} ${name} (${field}) on ${servers}: ${error}`,
          'look at the brokers of the cluster',
        ];
  return { reason, message, userAction, topic: name };
}
