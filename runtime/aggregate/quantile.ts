// quantile: the number of rank ⌊q · (n − 1)⌋ among the inputs, within a relative error; null over no input.
import type { ByteReader, ByteWriter, CellType } from '../state/index.ts';
import { type CellFunction, cellFunction } from './cell-aggregate.ts';
import type { MagnitudeBuckets } from './magnitude-buckets.ts';
import { QuantileScale } from './quantile-scale.ts';
import { MAX_KEPT, QuantileSketch } from './quantile-sketch.ts';
import { SignedBuckets } from './signed-buckets.ts';
import { MAX_NUMBER_BYTES, writeNumber } from './write-number.ts';

const KEPT = 0;
const BUCKETS = 1;

/** 0 ≤ q ≤ 1, 0 < relativeError < 1. */
export function quantile({ q, relativeError }: { q: number; relativeError: number }): CellFunction {
  const scale = new QuantileScale(relativeError);
  return cellFunction<QuantileSketch>({
    type: typeOf(scale),
    empty: 'null',
    create: () => new QuantileSketch(),
    add: (cell, { inputs }, index) => cell.add(inputs[index]!, scale),
    merge: (cell, from) => cell.addAll(from, scale),
    sizeBytes: (cell) => cell.sizeBytes,
    maxResultBytes: () => MAX_NUMBER_BYTES,
    writeResult: (cell, to, at) => writeNumber(to, at, cell.quantile(q, scale)),
  });
}

function typeOf(scale: QuantileScale): CellType<QuantileSketch> {
  return {
    name: 'quantileSketch',
    write(writer: ByteWriter, cell: QuantileSketch): void {
      const { buckets } = cell;
      writer.u8(buckets === null ? KEPT : BUCKETS);
      if (buckets === null) {
        writer.array(cell.sorted(), cell.count);
        return;
      }
      writer.f64(buckets.min);
      writer.f64(buckets.max);
      writer.f64(buckets.zeros);
      writeBuckets(writer, buckets.positive);
      writeBuckets(writer, buckets.negative);
    },
    read(reader: ByteReader): QuantileSketch {
      const cell = new QuantileSketch();
      const form = reader.u8();
      if (form === KEPT) readKept(reader, { cell, scale });
      else if (form === BUCKETS) readSigned(reader, { cell, scale });
      else reader.fail(`a quantile sketch has form ${form}, known are ${KEPT} and ${BUCKETS}`);
      return cell;
    },
  };
}

interface Reading {
  readonly cell: QuantileSketch;
  readonly scale: QuantileScale;
}

function readKept(reader: ByteReader, { cell, scale }: Reading): void {
  const count = (reader.end - reader.position) / 8;
  if (!Number.isInteger(count) || count < 1 || count > MAX_KEPT) {
    reader.fail(`${reader.end - reader.position} bytes are not 1 to ${MAX_KEPT} numbers`);
  }
  for (let i = 0; i < count; i++) {
    const value = reader.f64();
    if (!Number.isFinite(value)) reader.fail(`${value} is no number of a quantile`);
    cell.add(value, scale);
  }
}

function readSigned(reader: ByteReader, { cell, scale }: Reading): void {
  const buckets = new SignedBuckets();
  buckets.min = reader.f64();
  buckets.max = reader.f64();
  buckets.zeros = reader.f64();
  if (!(buckets.min <= buckets.max)) reader.fail(`a quantile sketch goes from ${buckets.min} to ${buckets.max}`);
  if (!isCount(buckets.zeros)) reader.fail(`a quantile sketch counts ${buckets.zeros} zeros`);
  readBuckets(reader, buckets.positive, scale);
  readBuckets(reader, buckets.negative, scale);
  if (buckets.total <= MAX_KEPT || !isCount(buckets.total)) {
    reader.fail(`a quantile sketch holds ${buckets.total} numbers in buckets, which begin at ${MAX_KEPT + 1}`);
  }
  cell.takeOver(buckets);
}

/** How many buckets, the lowest, and from there upwards their counts in base 128, which mostly take one byte each. */
function writeBuckets(writer: ByteWriter, buckets: MagnitudeBuckets): void {
  if (buckets.total === 0) {
    writer.u32(0);
    return;
  }
  writer.u32(buckets.high - buckets.low + 1);
  writer.f64(buckets.low);
  for (let bucket = buckets.low; bucket <= buckets.high; bucket++) {
    let rest = buckets.countOf(bucket);
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) writer.u8((rest % 0x80) | 0x80);
    writer.u8(rest);
  }
}

function readBuckets(reader: ByteReader, buckets: MagnitudeBuckets, { limit }: QuantileScale): void {
  const size = reader.u32();
  if (size > limit) reader.fail(`a quantile sketch has ${size} buckets, at most ${limit} are kept`);
  if (size === 0) return;
  const low = reader.f64();
  if (!Number.isSafeInteger(low)) reader.fail(`a quantile sketch begins at bucket ${low}`);
  for (let bucket = low; bucket < low + size; bucket++) {
    const count = readCount(reader);
    if (count > 0) buckets.add(bucket, count, limit);
    else if (bucket === low || bucket === low + size - 1)
      reader.fail('a bucket at an end of a quantile sketch is empty');
  }
}

function readCount(reader: ByteReader): number {
  let count = 0;
  for (let weight = 1; weight <= Number.MAX_SAFE_INTEGER; weight *= 0x80) {
    const byte = reader.u8();
    count += (byte & 0x7f) * weight;
    if (byte < 0x80 && Number.isSafeInteger(count)) return count;
    if (byte < 0x80) break;
  }
  return reader.fail(`a bucket of a quantile sketch counts more than ${Number.MAX_SAFE_INTEGER}`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
