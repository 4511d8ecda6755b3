import { describe, expect, test } from 'vitest';
import type { FetchedPartition } from '../broker.ts';
import { readFileSync } from 'node:fs';
import { encodeControlBatch, type MarkerKind } from './control-batch.ts';
import { decodeFetch } from './decode-fetch.ts';
import { encodeBatch, stampBatch } from './encode-batch.ts';
import { readBatchHeader } from './layout.ts';
import { RecordsBuilder } from './records-builder.ts';

/** `1 x2`: producer 1 writes 2 records; `1 abort`, `1 commit`: its marker; `- x1`: one record outside of any transaction. */
type Step = `${number | '-'} x${number}` | `${number} ${MarkerKind}`;

function logOf(steps: readonly Step[], from: number): Buffer {
  const batches: Buffer[] = [];
  let offset = from;
  for (const step of steps) {
    const [producer = '', what = ''] = step.split(' ');
    if (what === 'abort' || what === 'commit') {
      const producerId = BigInt(producer);
      batches.push(
        encodeControlBatch({ producerId, epoch: 0, kind: what, coordinatorEpoch: 0, offset, timestampMs: 1 }),
      );
      offset++;
      continue;
    }
    const count = Number(what.slice(1));
    const builder = new RecordsBuilder();
    for (let index = 0; index < count; index++) builder.append({ timestampMs: 1, key: null, value: Buffer.from(step) });
    const transactional = producer !== '-';
    const stamp = {
      producerId: transactional ? BigInt(producer) : -1n,
      producerEpoch: 0,
      baseSequence: 0,
      transactional,
    };
    batches.push(stampBatch(encodeBatch(builder, stamp), { baseOffset: offset, leaderEpoch: 0 }));
    offset += count;
  }
  return Buffer.concat(batches);
}

interface Case {
  readonly log: readonly Step[];
  /** Offset of the first step; default 0. */
  readonly from?: number;
  readonly position?: number;
  readonly aborted: readonly [producer: number, firstOffset: number][];
  /** Base offsets of the batches that may be read. */
  readonly read: readonly number[];
  readonly next: number;
}

const CASES: Readonly<Record<string, Case>> = {
  'a committed transaction is read, its marker is not': { log: ['1 x2', '1 commit'], aborted: [], read: [0], next: 3 },
  'an aborted transaction is not read but passed': { log: ['1 x2', '1 abort'], aborted: [[1, 0]], read: [], next: 3 },
  'records outside of transactions stay, whatever is aborted around them': {
    log: ['1 x1', '- x1', '1 x1', '- x1', '1 abort', '- x1'],
    aborted: [[1, 0]],
    read: [1, 3, 5],
    next: 6,
  },
  'of two producers that interleave only the one that aborted is dropped': {
    log: ['1 x1', '2 x1', '1 x1', '2 x1', '1 abort', '2 commit'],
    aborted: [[1, 0]],
    read: [1, 3],
    next: 6,
  },
  'one producer that aborts, commits and aborts again': {
    log: ['1 x1', '1 abort', '1 x1', '1 commit', '1 x1', '1 abort', '1 x1', '1 commit'],
    aborted: [
      [1, 0],
      [1, 4],
    ],
    read: [2, 6],
    next: 8,
  },
  'two aborts of one producer in a row': {
    log: ['1 x1', '1 abort', '1 x1', '1 abort', '1 x1', '1 commit'],
    aborted: [
      [1, 0],
      [1, 2],
    ],
    read: [4],
    next: 6,
  },
  'a transaction that began before this fetch': {
    log: ['1 x1', '2 x1', '1 abort'],
    from: 50,
    aborted: [[1, 7]],
    read: [51],
    next: 53,
  },
  'an abort that ends below the position does not reach the next transaction': {
    log: ['1 x1', '1 abort', '1 x1', '1 commit'],
    position: 2,
    aborted: [[1, 0]],
    read: [2],
    next: 4,
  },
  'an abort that is still open at the end of the fetch': {
    log: ['1 x1', '1 x1'],
    aborted: [[1, 0]],
    read: [],
    next: 2,
  },
  'a transaction of the same producer that committed before the aborted one': {
    log: ['1 x1', '1 commit', '1 x3', '1 abort'],
    aborted: [[1, 2]],
    read: [0],
    next: 6,
  },
  'an aborted transaction whose first offset lies inside a batch': {
    log: ['1 x3', '1 abort'],
    aborted: [[1, 1]],
    read: [],
    next: 4,
  },
  'an abort marker without data in this fetch': {
    log: ['1 abort', '1 x1', '1 commit'],
    aborted: [[1, 0]],
    read: [1],
    next: 3,
  },
};

describe('read_committed', () => {
  test.each(Object.entries(CASES))('%s', (_name, each) => {
    const partition: FetchedPartition = {
      topic: 'clicks',
      partition: 0,
      error: 'NONE',
      highWatermark: 0,
      lastStableOffset: 0,
      logStartOffset: 0,
      abortedTransactions: each.aborted.map(([producer, firstOffset]) => ({
        producerId: BigInt(producer),
        firstOffset,
      })),
      records: logOf(each.log, each.from ?? 0),
    };
    const decoded = decodeFetch(partition, each.position ?? each.from ?? 0);
    expect(decoded.batches.map((batch) => batch.baseOffset)).toEqual(each.read);
    expect(decoded.nextOffset).toBe(each.next);
  });
});

describe('a marker is, byte for byte, what a broker writes', () => {
  const log = readFileSync(new URL('./fixtures/java-transactions.bin', import.meta.url));
  test.each([
    [3, 'abort'],
    [5, 'commit'],
    [9, 'abort'],
  ] as const)('at offset %i: %s', (offset, kind) => {
    let at = 0;
    while (readBatchHeader(log, at).baseOffset !== offset) at += readBatchHeader(log, at).sizeBytes;
    const { producerId, producerEpoch: epoch, baseTimestampMs: timestampMs, sizeBytes } = readBatchHeader(log, at);
    const marker = encodeControlBatch({ producerId, epoch, kind, coordinatorEpoch: 0, offset, timestampMs });
    expect(marker.toString('hex')).toBe(log.toString('hex', at, at + sizeBytes));
  });
});
