// Topics for tests: unique names, made and removed through kafkajs, which is independent of the project's own client.
import { randomBytes } from 'node:crypto';
import { type Admin, Kafka, logLevel } from 'kafkajs';

/** A kafkajs client for a test broker: quiet and quick to retry. */
export function kafkaClient(bootstrapServers: string): Kafka {
  return new Kafka({
    brokers: bootstrapServers.split(','),
    clientId: 'streamjob-test',
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 2000, retries: 10 },
  });
}

/** Runs `action` with a connected admin client. */
export async function withAdmin<T>(bootstrapServers: string, action: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(bootstrapServers).admin();
  await admin.connect();
  try {
    return await action(admin);
  } finally {
    await admin.disconnect();
  }
}

/** `prefix` with a random end: a name that no other test uses. A valid Kubernetes name when the prefix is one. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}

/** Makes a topic and resolves when each partition has a leader. `config` is by Kafka's names. */
export async function createTopic(
  bootstrapServers: string,
  topic: string,
  options: { readonly partitions: number; readonly config?: Readonly<Record<string, string>> },
): Promise<void> {
  const configEntries = Object.entries(options.config ?? {}).map(([name, value]) => ({ name, value }));
  await withAdmin(bootstrapServers, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: options.partitions, replicationFactor: 1, configEntries }],
    }),
  );
}
