// Produce v9 with ready-made record batches, acks of all in-sync replicas.
import { asBuffer } from '../../batch/index.ts';
import type { ProducedPartition, ProducePartition } from '../../broker.ts';
import { errorName } from '../error-codes.ts';
import { byTopic } from '../partitions.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';

const ACKS_ALL = -1;

export interface ProduceRequestBody {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  readonly partitions: readonly ProducePartition[];
}

export const produce: RequestSpec<ProduceRequestBody, ProducedPartition[]> = {
  name: 'Produce',
  apiKey: 0,
  versions: [9, 9],
  write: (writer, request) => {
    writer
      .appendString(request.transactionalId)
      .appendInt16(ACKS_ALL)
      .appendInt32(request.timeoutMs)
      .appendArray(byTopic(request.partitions), (w, { topic, items }) => {
        w.appendString(topic).appendArray(items, (p, item) => {
          p.appendInt32(item.partition).appendBytes(asBuffer(item.batch));
        });
      })
      .appendTaggedFields();
  },
  read: (reader) => {
    const produced = reader
      .readArray((r) => {
        const topic = r.readString();
        return r.readArray((p): ProducedPartition => {
          const partition = p.readInt32();
          const error = errorName(p.readInt16());
          const baseOffset = Number(p.readInt64());
          p.readInt64(); // log append time
          p.readInt64(); // log start offset
          const records = p.readArray((e) => ({ index: e.readInt32(), message: e.readNullableString() }));
          const message = p.readNullableString();
          const first = records[0];
          const detail =
            first === undefined ? null : `record ${first.index} of the batch: ${first.message ?? 'refused'}`;
          const errorMessage = [message, detail].filter((part) => part !== null).join('; ');
          return { topic, partition, error, errorMessage: errorMessage === '' ? null : errorMessage, baseOffset };
        });
      })
      .flat();
    skipThrottleTime(reader);
    return produced;
  },
};
