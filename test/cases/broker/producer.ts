// A transactional producer for cases: it keeps identity and sequences, checks nothing and hands back the broker's own answers.
import { deepEqual, equal } from 'node:assert/strict';
import type {
  Broker,
  ErrorCode,
  GroupStamp,
  ProducedPartition,
  ProducerIdentity,
  TopicPartition,
} from '../../../runtime/log/broker.ts';
import { type Compression, encodeBatch, RecordsBuilder } from '../../../runtime/log/batch/index.ts';
import { allAnswered, answered, type BrokerContext, errors } from './context.ts';

export interface BatchInput extends TopicPartition {
  readonly values: readonly (string | null)[];
  readonly timestampMs?: number;
  readonly sequence?: number;
  readonly identity?: ProducerIdentity;
  readonly compression?: Compression;
}

export interface OffsetInput extends TopicPartition {
  readonly offset: number;
  readonly metadata?: string;
}

export class CaseProducer {
  readonly broker: Broker;
  readonly transactionalId: string;
  readonly context: BrokerContext;
  identity: ProducerIdentity = { producerId: -1n, producerEpoch: -1 };
  readonly #sequences = new Map<string, number>();

  private constructor(context: BrokerContext, broker: Broker, transactionalId: string) {
    this.context = context;
    this.broker = broker;
    this.transactionalId = transactionalId;
  }

  /** A producer with a new transactional id, initialised. */
  static async create(context: BrokerContext, broker?: Broker): Promise<CaseProducer> {
    const producer = new CaseProducer(context, broker ?? (await context.connect()), context.uniqueName('txn'));
    await producer.init();
    return producer;
  }

  /** Another user of the same transactional id, initialised after and so instead of this one. */
  async successor(): Promise<CaseProducer> {
    const producer = new CaseProducer(this.context, await this.context.connect(), this.transactionalId);
    await producer.init();
    return producer;
  }

  get request(): ProducerIdentity & { transactionalId: string } {
    return { transactionalId: this.transactionalId, ...this.identity };
  }

  /** InitProducerId until it succeeds; sequences restart. */
  async init(transactionTimeoutMs = 30_000): Promise<void> {
    const { transactionalId } = this;
    const answer = await answered(this.context, () =>
      this.broker.initProducerId({ transactionalId, transactionTimeoutMs }),
    );
    equal(answer.error, 'NONE');
    this.identity = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    this.#sequences.clear();
  }

  async add(...partitions: readonly TopicPartition[]): Promise<ErrorCode[]> {
    return errors(
      await allAnswered(this.context, () => this.broker.addPartitionsToTxn({ ...this.request, partitions })),
    );
  }

  /** Encodes a batch with the next sequence, which moves on. */
  batch(input: BatchInput): Buffer {
    const key = `${input.topic}:${input.partition}`;
    const baseSequence = input.sequence ?? this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, baseSequence + input.values.length);
    const records = new RecordsBuilder();
    const timestampMs = input.timestampMs ?? this.context.now();
    for (const value of input.values)
      records.append({ timestampMs, key: null, value: value === null ? null : Buffer.from(value) });
    const stamp = { ...(input.identity ?? this.identity), baseSequence, transactional: true };
    return encodeBatch(records, { ...stamp, compression: input.compression ?? 'none' });
  }

  /** Sends encoded bytes as they are. */
  async sendBatch(at: TopicPartition, batch: Uint8Array): Promise<ProducedPartition> {
    const { transactionalId } = this;
    const partitions = [{ topic: at.topic, partition: at.partition, batch }];
    const [answer] = await allAnswered(this.context, () =>
      this.broker.produce({ transactionalId, timeoutMs: 10_000, partitions }),
    );
    if (answer === undefined) throw new Error('produce gave no answer for its partition');
    return answer;
  }

  /** Produces into a partition that is in the transaction already. */
  send(input: BatchInput): Promise<ProducedPartition> {
    return this.sendBatch(input, this.batch(input));
  }

  /** Takes the partition into the transaction and produces; both must succeed. Returns the base offset. */
  async write(input: BatchInput): Promise<number> {
    deepEqual(await this.add({ topic: input.topic, partition: input.partition }), ['NONE']);
    const answer = await this.send(input);
    equal(answer.error, 'NONE');
    return answer.baseOffset;
  }

  async addOffsets(groupId: string): Promise<ErrorCode> {
    return (await answered(this.context, () => this.broker.addOffsetsToTxn({ ...this.request, groupId }))).error;
  }

  /** TxnOffsetCommit, error per offset. */
  async commitOffsets(group: GroupStamp, ...offsets: readonly OffsetInput[]): Promise<ErrorCode[]> {
    const full = offsets.map((each) => ({ leaderEpoch: -1, metadata: '', ...each }));
    const answers = await allAnswered(this.context, () =>
      this.broker.txnOffsetCommit({ ...this.request, group, offsets: full }),
    );
    return errors(answers);
  }

  /** AddOffsetsToTxn and TxnOffsetCommit, both must succeed. */
  async writeOffsets(group: GroupStamp, ...offsets: readonly OffsetInput[]): Promise<void> {
    equal(await this.addOffsets(group.groupId), 'NONE');
    const answers = await this.commitOffsets(group, ...offsets);
    deepEqual(
      answers,
      answers.map(() => 'NONE'),
    );
  }

  /** EndTxn(commit). */
  async end(): Promise<ErrorCode> {
    return (await answered(this.context, () => this.broker.endTxn({ ...this.request, commit: true }))).error;
  }

  /** EndTxn(commit), which must succeed. */
  async commit(): Promise<void> {
    equal(await this.end(), 'NONE');
  }

  /** One transaction from begin to commit. Returns the base offset. */
  async writeCommitted(input: BatchInput): Promise<number> {
    const baseOffset = await this.write(input);
    await this.commit();
    return baseOffset;
  }
}

/** A commit that no group fences. */
export function unfenced(groupId: string): GroupStamp {
  return { groupId, generation: -1, memberId: '', instanceId: '' };
}
