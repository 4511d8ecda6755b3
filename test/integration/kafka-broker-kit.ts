// What the tests of the Kafka adapter share: a client, a transactional producer and a group member that hand back the broker's
// own answers.
import { decodeFetch, encodeBatch, RecordCursor, RecordsBuilder } from '../../runtime/log/batch/index.ts';
import type { Broker, ErrorCode, FetchedPartition, GroupStamp, ProducerIdentity } from '../../runtime/log/broker.ts';
import { connectKafka } from '../../runtime/log/kafka/index.ts';
import { systemClock } from '../../runtime/clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import { createTopic, uniqueName } from '../harness/topics.ts';

export const NEVER = new AbortController().signal;
export const HOUR_MS = 3_600_000;

const PROTOCOL_TYPE = 'streamjob-test';
const PROTOCOL = 'sj-test';
const LAST_ATTEMPT = 1000;
const TRANSIENT: readonly ErrorCode[] = ['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR'];

export function connectTo(bootstrapServers: string): Promise<Broker> {
  return connectKafka({ bootstrapServers, clientId: 'test', clock: systemClock, random: systemRandom });
}

/** Asks until the answer satisfies, for what a broker does in its own time. The last answer in any case. */
export async function until<Answer>(
  ask: () => Promise<Answer>,
  satisfies: (answer: Answer) => boolean,
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask();
    if (satisfies(answer) || attempt === LAST_ATTEMPT) return answer;
    await systemClock.sleep(20);
  }
}

export const settledError = ({ error }: { readonly error: ErrorCode }): boolean => !TRANSIENT.includes(error);

/** An answer that a test builds on rather than examines. */
function mustSucceed<Answer extends { readonly error: ErrorCode }>(what: string, answer: Answer): Answer {
  if (answer.error !== 'NONE') throw new Error(`${what} answered ${answer.error}`);
  return answer;
}

export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

/** Identity and sequences; one batch of one record per partition and call. */
export class TestProducer {
  readonly transactionalId = uniqueName('txn');
  readonly #broker: Broker;
  #identity: ProducerIdentity = { producerId: -1n, producerEpoch: -1 };
  readonly #sequences = new Map<string, number>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  get request() {
    return { transactionalId: this.transactionalId, ...this.#identity };
  }

  async init(): Promise<void> {
    const { transactionalId } = this;
    const ask = () => this.#broker.initProducerId({ transactionalId, transactionTimeoutMs: 60_000 });
    const { error, ...identity } = await until(ask, settledError);
    mustSucceed('InitProducerId', { error });
    this.#identity = identity;
    this.#sequences.clear();
  }

  async send(topic: string, partitions: readonly number[], record: { value: string; timestampMs?: number }) {
    const named = partitions.map((partition) => ({ topic, partition }));
    const ask = () => this.#broker.addPartitionsToTxn({ ...this.request, partitions: named });
    for (const answer of await until(ask, (answers) => answers.every(settledError)))
      mustSucceed('AddPartitionsToTxn', answer);
    const batches = named.map((each) => {
      const builder = new RecordsBuilder();
      builder.append({
        timestampMs: record.timestampMs ?? systemClock.now(),
        key: Buffer.from(`k${each.partition}`),
        value: Buffer.from(record.value),
      });
      const baseSequence = this.#sequences.get(`${topic}/${each.partition}`) ?? 0;
      this.#sequences.set(`${topic}/${each.partition}`, baseSequence + 1);
      return { ...each, batch: encodeBatch(builder, { ...this.#identity, baseSequence, transactional: true }) };
    });
    return this.#broker.produce({ transactionalId: this.transactionalId, timeoutMs: 10_000, partitions: batches });
  }

  async commitOffsets(group: GroupStamp, offsets: readonly OffsetToCommit[]) {
    const ask = () => this.#broker.addOffsetsToTxn({ ...this.request, groupId: group.groupId });
    mustSucceed('AddOffsetsToTxn', await until(ask, settledError));
    const stamped = offsets.map((each) => ({ ...each, leaderEpoch: -1 }));
    return this.#broker.txnOffsetCommit({ ...this.request, group, offsets: stamped });
  }

  async commit(): Promise<ErrorCode> {
    return (await until(() => this.#broker.endTxn({ ...this.request, commit: true }), settledError)).error;
  }
}

export function joinRequest(groupId: string, instanceId: string) {
  return {
    groupId,
    memberId: '',
    instanceId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: PROTOCOL_TYPE,
    protocols: [{ name: PROTOCOL, metadata: Buffer.from('subscription') }],
    reason: 'test',
  };
}

export async function join(broker: Broker, groupId: string, instanceId: string) {
  const ask = () => broker.joinGroup(joinRequest(groupId, instanceId), NEVER);
  const { generation, memberId, skipAssignment } = mustSucceed('JoinGroup', await until(ask, settledError));
  return { groupId, generation, memberId, instanceId, skipAssignment };
}

/** Joins a group of one and assigns itself `all`. */
export async function joinAlone(broker: Broker, groupId: string) {
  const stamp = await join(broker, groupId, 'pod-a');
  const assignments = [{ memberId: stamp.memberId, assignment: Buffer.from('all') }];
  const sync = await broker.syncGroup({ ...stamp, protocolType: PROTOCOL_TYPE, protocolName: PROTOCOL, assignments });
  return { ...stamp, assignment: Buffer.from(mustSucceed('SyncGroup', sync).assignment).toString() };
}

export async function newTopic(
  bootstrapServers: string,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = uniqueName('kafka-broker');
  await createTopic(bootstrapServers, topic, { partitions, config });
  return topic;
}

/** One fetch of partition 0 from the leader it has now. */
export async function fetchOnce(
  broker: Broker,
  from: { topic: string; offset: number },
  { maxWaitMs = 100, signal = NEVER } = {},
): Promise<FetchedPartition> {
  const { topics } = await broker.metadata([from.topic]);
  const leaderId = topics[0]?.partitions[0]?.leaderId ?? -1;
  const partitions = [{ ...from, partition: 0, maxBytes: 1 << 20 }];
  const [fetched] = await broker.fetch({ leaderId, partitions, maxWaitMs, minBytes: 1, maxBytes: 8 << 20 }, signal);
  if (fetched === undefined) throw new Error(`no answer about ${from.topic}`);
  return fetched;
}

/** Every committed value of partition 0. */
export async function readAll(broker: Broker, topic: string): Promise<[offset: number, value: string][]> {
  const found: [number, string][] = [];
  const cursor = new RecordCursor();
  const [end] = await broker.listOffsets([{ topic, partition: 0, at: 'latest' }]);
  for (let position = 0; position < mustSucceed('ListOffsets', end ?? { error: 'NONE', offset: 0 }).offset; ) {
    const fetched = mustSucceed('Fetch', await fetchOnce(broker, { topic, offset: position }));
    const { batches, nextOffset } = decodeFetch(fetched, position);
    for (const batch of batches) {
      cursor.reset(batch);
      while (cursor.next()) {
        if (cursor.offset < position) continue;
        found.push([cursor.offset, cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)]);
      }
    }
    position = nextOffset;
  }
  return found;
}
