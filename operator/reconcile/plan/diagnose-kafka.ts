// Findings about the topics of a job.
import { type ProblemReason, shuffleTopicConfig } from '../../../crds/index.ts';
import type { Observed, ShuffleTopicState, TopicState } from '../observed.ts';
import type { Finding } from './finding.ts';
import type { Target } from './target.ts';

export function diagnoseKafka(observed: Observed, target: Target): Finding[] {
  const { kafka } = observed;
  const running = (observed.deployment?.status?.readyReplicas ?? 0) > 0;
  const source = sourceFinding(kafka.source, target, running);
  if (source !== null) return [source];
  const shuffle = shuffleFinding(observed, target, running);
  return shuffle === null ? [] : [shuffle];
}

function sourceFinding(topic: TopicState, target: Target, running: boolean): Finding | null {
  const { bootstrapServers, topic: name } = target.resolved.source.kafka;
  switch (topic.state) {
    case 'unknown':
      return null;
    case 'exists':
      if (topic.partitions > 0) return null;
      return {
        ...missing(name, bootstrapServers),
        message: `topic ${name} on ${bootstrapServers} has no partitions yet.`,
      };
    case 'missing':
      return missing(name, bootstrapServers);
    case 'unreachable':
      return unreachable(topic.message, bootstrapServers, running);
    case 'unauthorized':
      return unauthorized(topic.message, running);
    case 'failed':
      return refused(topic.message, running);
  }
}

function shuffleFinding(observed: Observed, target: Target, running: boolean): Finding | null {
  const { kafka } = observed;
  const { bootstrapServers } = target.resolved.source.kafka;
  const name = target.shuffleTopic ?? '';
  const shuffle = kafka.shuffle;
  switch (shuffle.state) {
    case 'unknown':
    case 'notNeeded':
      return null;
    case 'missing':
      return hasRun(observed) ? vanished(name) : null;
    case 'unreachable':
      return unreachable(shuffle.message, bootstrapServers, running);
    case 'unauthorized':
      return unauthorized(shuffle.message, running);
    case 'failed':
      return refused(shuffle.message, running);
    case 'exists':
      return differences(shuffle, { name, brokers: kafka.brokers, partitions: target.resolved.maxParallelism });
  }
}

function differences(
  shuffle: ShuffleTopicState & { state: 'exists' },
  wanted: { name: string; brokers: number; partitions: number },
): Finding | null {
  if (shuffle.partitions !== wanted.partitions) {
    return {
      severity: 'stalled',
      reason: 'ShuffleTopicDiffers',
      message: `Shuffle topic ${wanted.name} has ${shuffle.partitions} partitions, spec.maxParallelism asks for ${wanted.partitions}: keys would be in the wrong partition.`,
      userAction: 'Delete the job and create it anew; nobody but StreamJob may change this topic.',
      blocksStart: true,
      terminal: true,
    };
  }
  const expected = shuffleTopicConfig(replicationFactor(wanted.brokers));
  const found = Object.entries(expected).filter(
    ([setting, value]) => setting in shuffle.config && !meets(setting, value, shuffle.config[setting] ?? ''),
  );
  if (found.length === 0) return null;
  const text = found
    .map(([setting, value]) => `${setting} is ${shuffle.config[setting] ?? ''}, must be ${value}`)
    .join('; ');
  return {
    severity: 'degraded',
    reason: 'ShuffleTopicDiffers',
    message: `Settings of shuffle topic ${wanted.name} differ: ${text}. Records that no worker has read yet may be lost.`,
    userAction: `Set them with kafka-configs.sh --alter --entity-type topics --entity-name ${wanted.name} --add-config ${found.map(([setting, value]) => `${setting}=${value}`).join(',')}`,
  };
}

/** Whether any worker has ever committed: from then on a shuffle topic that is not there was lost, not forgotten. */
export function hasRun(observed: Observed): boolean {
  return observed.job.status?.lastCommitAt !== undefined;
}

function vanished(name: string): Finding {
  return {
    severity: 'stalled',
    reason: 'LogTruncated',
    message: `Shuffle topic ${name} was deleted while the job had state: what no worker had read yet is lost.`,
    waitingFor: 'you',
    userAction: 'Delete the job and create it anew.',
    terminal: true,
    blocksStart: true,
  };
}

/** Broker limits that are looser than asked for do no harm. */
function meets(setting: string, wanted: string, found: string): boolean {
  if (wanted === found) return true;
  return setting === 'max.message.bytes' && Number(found) >= Number(wanted);
}

/** Replicas of a topic that the operator makes: 3 where the cluster has as many brokers. */
export function replicationFactor(brokers: number): number {
  return Math.max(1, Math.min(3, brokers));
}

function missing(name: string, bootstrapServers: string): Finding {
  return {
    severity: 'stalled',
    reason: 'TopicNotFound',
    message: `topic ${name} does not exist on ${bootstrapServers}; create it, or correct spec.source.kafka.topic.`,
    waitingFor: `topic ${name}`,
    userAction: `For example: kafka-topics.sh --bootstrap-server ${bootstrapServers} --create --topic ${name}`,
    blocksStart: true,
  };
}

/** Workers that are ready have their own connections: what only the operator cannot reach degrades, it does not stall. */
function unreachable(message: string, bootstrapServers: string, running: boolean): Finding {
  return {
    ...severityOf('BrokerUnreachable', running),
    message: `${message}.`,
    waitingFor: `an answer of Kafka at ${bootstrapServers}`,
    userAction:
      'Check spec.source.kafka.bootstrapServers, that the brokers run, and that network policies let the operator reach them.',
  };
}

function unauthorized(message: string, running: boolean): Finding {
  return {
    ...severityOf('NotAuthorized', running),
    message: `${message}.`,
    waitingFor: 'the ACL',
    userAction: "Give the operator's Kafka user this ACL.",
  };
}

function refused(message: string, running: boolean): Finding {
  return {
    ...severityOf('BrokerUnsupported', running),
    message: `${message}.`,
    waitingFor: 'another answer of the broker',
    userAction: "Look into the broker's log; StreamJob needs Kafka 3.3 or later.",
  };
}

function severityOf(reason: ProblemReason, running: boolean): Pick<Finding, 'severity' | 'reason' | 'blocksStart'> {
  return { severity: running ? 'degraded' : 'stalled', reason, blocksStart: true };
}
