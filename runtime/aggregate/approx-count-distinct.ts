// approxCountDistinct: about how many different scalars, in bounded memory; null over no input.
import type { ByteReader, ByteWriter, CellType } from '../state/index.ts';
import { type CellFunction, cellFunction } from './cell-aggregate.ts';
import { hash64 } from './hash64.ts';
import { HyperLogLog, MAX_HASHES, MAX_RANK } from './hyper-log-log.ts';
import { MAX_NUMBER_BYTES, writeNumber } from './write-number.ts';

const HASHES = 0;
const REGISTERS = 1;

const TYPE: CellType<HyperLogLog> = {
  name: 'hyperLogLog',
  write(writer: ByteWriter, cell: HyperLogLog): void {
    writer.u8(cell.isExact ? HASHES : REGISTERS);
    if (cell.isExact) {
      const hashes = cell.sortedHashes();
      writer.array(hashes, hashes.length);
      return;
    }
    const { registers } = cell;
    writer.reserve(registers.length);
    writer.buffer.set(registers, writer.length);
    writer.length += registers.length;
  },
  read(reader: ByteReader): HyperLogLog {
    const cell = new HyperLogLog();
    const form = reader.u8();
    if (form === HASHES) readHashes(reader, cell);
    else if (form === REGISTERS) readRegisters(reader, cell);
    else reader.fail(`a HyperLogLog has form ${form}, known are ${HASHES} and ${REGISTERS}`);
    return cell;
  },
};

function readHashes(reader: ByteReader, cell: HyperLogLog): void {
  const count = (reader.end - reader.position) / 8;
  if (!Number.isInteger(count) || count < 1 || count > MAX_HASHES) {
    reader.fail(`${reader.end - reader.position} bytes are not 1 to ${MAX_HASHES} hashes`);
  }
  for (let i = 0; i < count; i++) cell.add(reader.i32(), reader.i32());
  if (cell.count !== count) reader.fail(`of ${count} hashes ${count - cell.count} come twice`);
}

function readRegisters(reader: ByteReader, cell: HyperLogLog): void {
  cell.toRegisters();
  const { registers } = cell;
  const size = reader.end - reader.position;
  if (size !== registers.length) reader.fail(`a HyperLogLog has ${size} registers, not ${registers.length}`);
  const at = reader.take(size);
  registers.set(reader.buffer.subarray(at, at + size));
  if (registers.some((rank) => rank > MAX_RANK)) reader.fail(`a register of a HyperLogLog is above ${MAX_RANK}`);
  if (registers.every((rank) => rank === 0)) reader.fail('all registers of a HyperLogLog are empty');
}

export function approxCountDistinct(): CellFunction {
  const hash = new Int32Array(2);
  return cellFunction<HyperLogLog>({
    type: TYPE,
    empty: 'null',
    create: () => new HyperLogLog(),
    add(cell, { scalarBytes, scalarStarts, scalarEnds }, index) {
      hash64(scalarBytes, scalarStarts[index]!, scalarEnds[index]!, hash);
      cell.add(hash[0]!, hash[1]!);
    },
    merge: (cell, from) => cell.addAll(from),
    sizeBytes: (cell) => cell.sizeBytes,
    maxResultBytes: () => MAX_NUMBER_BYTES,
    writeResult: (cell, to, at) => writeNumber(to, at, cell.estimate()),
  });
}
