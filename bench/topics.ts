// Topics of the race: made, counted and removed through kafkajs, with patience for a broker whose core is busy.
import { waitUntil } from '../test/harness/ports.ts';
import { withAdmin } from '../test/harness/topics.ts';

const TIMEOUT_MS = 60_000;

/** Makes a topic and resolves when all of its partitions can be asked for their ends. `config` is by Kafka's names. */
export async function makeTopic(
  bootstrapServers: string,
  topic: string,
  options: { readonly partitions: number; readonly config?: Readonly<Record<string, string>> },
): Promise<void> {
  const configEntries = Object.entries(options.config ?? {}).map(([name, value]) => ({ name, value }));
  await withAdmin(bootstrapServers, async (admin) => {
    const spec = { topic, numPartitions: options.partitions, replicationFactor: 1, configEntries };
    await admin.createTopics({ waitForLeaders: false, topics: [spec] });
    await waitUntil(async () => (await admin.fetchTopicOffsets(topic)).length === options.partitions, {
      timeoutMs: TIMEOUT_MS,
      what: `topic ${topic}`,
    });
  });
}

/** Records of all partitions, null when there is no such topic. */
export async function recordCount(bootstrapServers: string, topic: string): Promise<number | null> {
  return withAdmin(bootstrapServers, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) return null;
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  });
}

/** Names of the topics that begin with `prefix`. */
export async function topicsWith(bootstrapServers: string, prefix: string): Promise<readonly string[]> {
  const all = await withAdmin(bootstrapServers, (admin) => admin.listTopics());
  return all.filter((topic) => topic.startsWith(prefix));
}

/** Those that are there. */
export async function deleteTopics(bootstrapServers: string, topics: readonly string[]): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    const there = new Set(await admin.listTopics());
    const known = topics.filter((topic) => there.has(topic));
    if (known.length > 0) await admin.deleteTopics({ topics: known, timeout: TIMEOUT_MS });
  });
}

/** Those of runs that failed, and data that no case uses any more: everything of ours but `keep`. */
export async function deleteLeftovers(bootstrapServers: string, keep: ReadonlySet<string>): Promise<void> {
  const ours = [...(await topicsWith(bootstrapServers, 'bench-')), ...(await topicsWith(bootstrapServers, 'bench.'))];
  await deleteTopics(
    bootstrapServers,
    ours.filter((topic) => !keep.has(topic)),
  );
}
