// The transaction requests of clients before KIP-890's second part: no epoch bump in EndTxn, which our recovery rule relies on.
import type {
  ErrorCode,
  GroupStamp,
  OffsetAndMetadata,
  PartitionError,
  ProducerIdentity,
  TopicPartition,
  TransactionalRequest,
} from '../../broker.ts';
import type { Reader, Writer } from '@platformatic/kafka';
import { errorName } from '../error-codes.ts';
import { byTopic } from '../partitions.ts';
import { instanceIdOf, type RequestSpec, skipThrottleTime } from '../request-spec.ts';

export const initProducerId: RequestSpec<
  { transactionalId: string; transactionTimeoutMs: number },
  ProducerIdentity & { error: ErrorCode }
> = {
  name: 'InitProducerId',
  apiKey: 22,
  versions: [3, 4],
  write: (writer, { transactionalId, transactionTimeoutMs }) => {
    // Producer −1, epoch −1: not "continue as this one" but "fence whoever it was".
    writer
      .appendString(transactionalId)
      .appendInt32(transactionTimeoutMs)
      .appendInt64(-1n)
      .appendInt16(-1)
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    return { error: errorName(reader.readInt16()), producerId: reader.readInt64(), producerEpoch: reader.readInt16() };
  },
};

export const addPartitionsToTxn: RequestSpec<
  TransactionalRequest & { partitions: readonly TopicPartition[] },
  PartitionError[]
> = {
  name: 'AddPartitionsToTxn',
  apiKey: 24,
  versions: [3, 3],
  write: (writer, request) => {
    writeProducer(writer, request)
      .appendArray(byTopic(request.partitions), (w, { topic, items }) => {
        w.appendString(topic).appendArray(items, (p, item) => p.appendInt32(item.partition), true, false);
      })
      .appendTaggedFields();
  },
  read: readPartitionErrors,
};

export const addOffsetsToTxn: RequestSpec<TransactionalRequest & { groupId: string }, { error: ErrorCode }> = {
  name: 'AddOffsetsToTxn',
  apiKey: 25,
  versions: [3, 3],
  write: (writer, request) => {
    writeProducer(writer, request).appendString(request.groupId).appendTaggedFields();
  },
  read: readError,
};

export const txnOffsetCommit: RequestSpec<
  TransactionalRequest & { group: GroupStamp; offsets: readonly OffsetAndMetadata[] },
  PartitionError[]
> = {
  name: 'TxnOffsetCommit',
  apiKey: 28,
  versions: [3, 3],
  write: (writer, request) => {
    const { group } = request;
    writer
      .appendString(request.transactionalId)
      .appendString(group.groupId)
      .appendInt64(request.producerId)
      .appendInt16(request.producerEpoch)
      .appendInt32(group.generation)
      .appendString(group.memberId)
      .appendString(instanceIdOf(group))
      .appendArray(byTopic(request.offsets), (w, { topic, items }) => {
        w.appendString(topic).appendArray(items, (p, item) => {
          p.appendInt32(item.partition)
            .appendInt64(BigInt(item.offset))
            .appendInt32(item.leaderEpoch)
            .appendString(item.metadata);
        });
      })
      .appendTaggedFields();
  },
  read: readPartitionErrors,
};

export const endTxn: RequestSpec<TransactionalRequest & { commit: true }, { error: ErrorCode }> = {
  name: 'EndTxn',
  apiKey: 26,
  versions: [3, 3],
  write: (writer, request) => {
    writeProducer(writer, request).appendBoolean(request.commit).appendTaggedFields();
  },
  read: readError,
};

function writeProducer(writer: Writer, request: TransactionalRequest): Writer {
  return writer
    .appendString(request.transactionalId)
    .appendInt64(request.producerId)
    .appendInt16(request.producerEpoch);
}

function readError(reader: Reader): { error: ErrorCode } {
  skipThrottleTime(reader);
  return { error: errorName(reader.readInt16()) };
}

function readPartitionErrors(reader: Reader): PartitionError[] {
  skipThrottleTime(reader);
  return reader
    .readArray((r) => {
      const topic = r.readString();
      return r.readArray((p) => ({ topic, partition: p.readInt32(), error: errorName(p.readInt16()) }));
    })
    .flat();
}
