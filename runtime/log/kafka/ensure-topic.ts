// Makes sure that a topic is there and can be written, as whoever starts a job needs it for the shuffle topic.
import { type Clock, systemClock } from '../../clock.ts';
import { type Random, systemRandom } from '../../random.ts';
import type { KafkaAdmin } from './admin.ts';
import { backoffMs } from './backoff.ts';
import { connectKafkaAdmin } from './connect.ts';

const READY_TIMEOUT_MS = 15_000;

export interface EnsureTopicOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly partitions: number;
  /** Default −1: what the broker gives new topics. */
  readonly replicationFactor?: number;
  readonly configs: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * Creates the topic unless it exists, and resolves when every partition has a leader. Rejects with BrokerError when Kafka
 * cannot be reached, with Error when it refuses the topic or has one of that name with another number of partitions.
 */
export async function ensureTopic(options: EnsureTopicOptions): Promise<void> {
  const { bootstrapServers, topic, partitions, configs, clock = systemClock, random = systemRandom } = options;
  const admin = await connectKafkaAdmin({ bootstrapServers, clientId: 'streamjob', clock, random });
  try {
    const { error, errorMessage } = await admin.createTopic({
      topic,
      partitions,
      replicationFactor: options.replicationFactor ?? -1,
      configs,
    });
    if (error !== 'NONE' && error !== 'TOPIC_ALREADY_EXISTS') {
      throw new Error(
        `Kafka refuses to create topic ${topic}: ${error}${errorMessage === null ? '' : ` (${errorMessage})`}`,
      );
    }
    await waitUntilReady(admin, { topic, partitions, clock, random });
  } finally {
    await admin.close();
  }
}

async function waitUntilReady(
  admin: KafkaAdmin,
  { topic, partitions, clock, random }: { topic: string; partitions: number; clock: Clock; random: Random },
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + READY_TIMEOUT_MS;
  for (let attempt = 1; ; attempt++) {
    const state = await admin.topicState(topic);
    if (state.error === 'NONE' && state.partitions !== partitions) {
      throw new Error(
        `topic ${topic} has ${state.partitions} partitions and ${partitions} are needed. ` +
          'Delete it if it is not in use, or choose another name',
      );
    }
    if (state.error === 'NONE' && state.ready === partitions) return;
    if (clock.monotonicMs() > deadlineMs) {
      throw new Error(
        `topic ${topic} is not ready ${READY_TIMEOUT_MS} ms after its creation: ` +
          `${state.error}, ${state.ready} of ${partitions} partitions have a leader. Check the brokers`,
      );
    }
    await clock.sleep(backoffMs(attempt, random));
  }
}
