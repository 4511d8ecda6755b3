// Commit and abort markers: control batches of one record whose key says which of the two it is.
import { writeHeader } from './encode-batch.ts';
import * as layout from './layout.ts';
import { RecordsBuilder } from './records-builder.ts';

export type MarkerKind = 'commit' | 'abort';

const ABORT_TYPE = 0;
const COMMIT_TYPE = 1;

export interface ControlBatch {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly kind: MarkerKind;
  readonly coordinatorEpoch: number;
  readonly offset: number;
  readonly timestampMs: number;
}

export function encodeControlBatch(marker: ControlBatch): Buffer {
  const key = Buffer.alloc(4); // version 0, type
  key.writeInt16BE(marker.kind === 'commit' ? COMMIT_TYPE : ABORT_TYPE, 2);
  const value = Buffer.alloc(6); // version 0, coordinator epoch
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  const records = new RecordsBuilder();
  records.append({ timestampMs: marker.timestampMs, key, value });
  const batch = Buffer.allocUnsafe(layout.HEADER_BYTES + records.sizeBytes);
  records.buffer.copy(batch, layout.HEADER_BYTES, layout.HEADER_BYTES, batch.length);
  writeHeader(batch, {
    baseOffset: marker.offset,
    leaderEpoch: 0,
    attributes: layout.TRANSACTIONAL_BIT | layout.CONTROL_BIT,
    lastOffsetDelta: 0,
    baseTimestampMs: marker.timestampMs,
    maxTimestampMs: marker.timestampMs,
    producerId: marker.producerId,
    producerEpoch: marker.epoch,
    baseSequence: -1,
    recordCount: 1,
  });
  return batch;
}

/** The kind of marker that the key of a control record names; null for types that do not end a transaction. */
export function markerKind(buffer: Buffer, keyStart: number, keyEnd: number): MarkerKind | null {
  if (keyStart < 0 || keyEnd - keyStart < 4) return null;
  const type = buffer.readInt16BE(keyStart + 2);
  if (type === ABORT_TYPE) return 'abort';
  return type === COMMIT_TYPE ? 'commit' : null;
}
