// Walks the sections of one block. The section objects are reused: what they show is valid until the next call of `next`.
import { ABSENT_COLUMN } from './columns.ts';
import { ByteReader } from './byte-reader.ts';
import {
  BLOCK_FORMAT,
  FLAG_IDLE,
  FLAG_QUIET,
  SECTION_CONTROL,
  SECTION_END,
  SECTION_ENVELOPE,
  SECTION_PARTIALS,
} from './shuffle-block.ts';

/** Rows of one pane. Key of row i is `buffer[keysStart + keyOffsets[i], keysStart + keyOffsets[i + 1])`. */
export class PartialsSection {
  paneStartMs = 0;
  maxEventTimeMs = 0;
  rowCount = 0;
  /** Source offsets below are relative to this one. */
  baseOffset = 0;
  buffer: Buffer = Buffer.alloc(0);
  keysStart = 0;
  keyOffsets: Int32Array = new Int32Array(65);
  hashes: Int32Array = new Int32Array(64);
  recordCounts: Uint32Array = new Uint32Array(64);
  firstOffsetDeltas: Uint32Array = new Uint32Array(64);
  lastOffsetDeltas: Uint32Array = new Uint32Array(64);
  readonly columns: Float64Array[];
  private readonly memory: Float64Array[];

  constructor(columnCount: number) {
    this.columns = Array.from({ length: columnCount }, () => ABSENT_COLUMN);
    this.memory = Array.from({ length: columnCount }, () => new Float64Array(64));
  }

  /** Numbers are copied out because they do not lie aligned in a fetch; keys stay where they are. */
  read(reader: ByteReader): void {
    this.paneStartMs = reader.f64();
    this.maxEventTimeMs = reader.f64();
    this.baseOffset = reader.f64();
    const rowCount = reader.u32();
    const keyByteCount = reader.u32();
    const columnCount = reader.u16();
    if (columnCount !== this.columns.length) {
      reader.fail(
        `rows have ${columnCount} columns, this job keeps ${this.columns.length}: it belongs to another plan`,
      );
    }
    if (rowCount * 20 > reader.end - reader.position) reader.fail(`it claims ${rowCount} rows, its bytes hold fewer`);
    this.reserve(rowCount);
    this.rowCount = rowCount;
    for (let i = 0; i < columnCount; i++) this.columns[i] = reader.u8() === 0 ? ABSENT_COLUMN : this.memory[i]!;
    for (const column of this.columns) if (column !== ABSENT_COLUMN) reader.array(column, rowCount);
    reader.array(this.recordCounts, rowCount);
    reader.array(this.firstOffsetDeltas, rowCount);
    reader.array(this.lastOffsetDeltas, rowCount);
    reader.array(this.hashes, rowCount);
    reader.array(this.keyOffsets.subarray(1), rowCount);
    this.keysStart = reader.take(keyByteCount);
    this.buffer = reader.buffer;
    let before = 0;
    for (let i = 1; i <= rowCount; i++) {
      const end = this.keyOffsets[i]!;
      if (end < before || end > keyByteCount)
        reader.fail(`key ${i - 1} ends at ${end}, not in [${before}, ${keyByteCount}]`);
      before = end;
    }
  }

  private reserve(rowCount: number): void {
    if (rowCount <= this.hashes.length) return;
    const capacity = rowCount * 2;
    this.keyOffsets = new Int32Array(capacity + 1);
    this.hashes = new Int32Array(capacity);
    this.recordCounts = new Uint32Array(capacity);
    this.firstOffsetDeltas = new Uint32Array(capacity);
    this.lastOffsetDeltas = new Uint32Array(capacity);
    for (let i = 0; i < this.memory.length; i++) this.memory[i] = new Float64Array(capacity);
  }
}

/** The watermark of the block's source partition. */
export class ControlSection {
  partition = 0;
  watermarkMs = 0;
  idle = false;
  quiet = false;
  partitionCount = 0;

  read(reader: ByteReader, partition: number): void {
    this.partition = partition;
    this.watermarkMs = reader.f64();
    this.partitionCount = reader.u32();
    const flags = reader.u8();
    this.idle = (flags & FLAG_IDLE) !== 0;
    this.quiet = (flags & FLAG_QUIET) !== 0;
  }
}

/** One record that was late in its own partition. Bytes are positions in `keyBytes`, which is the block's buffer. */
export class EnvelopeSection {
  offset = 0;
  eventTimeMs = 0;
  timestampMs = 0;
  keyBytes: Buffer = Buffer.alloc(0);
  keyStart = 0;
  keyEnd = 0;
  keyHash = 0;
  recordKeyStart = -1;
  recordKeyEnd = -1;
  valueStart = -1;
  valueEnd = -1;
  readonly inputs: Float64Array;

  constructor(inputCount: number) {
    this.inputs = new Float64Array(inputCount);
  }

  read(reader: ByteReader): void {
    this.offset = reader.f64();
    this.eventTimeMs = reader.f64();
    this.timestampMs = reader.f64();
    this.keyHash = reader.i32();
    this.keyBytes = reader.buffer;
    const keySize = reader.u32();
    this.keyStart = reader.take(keySize);
    this.keyEnd = this.keyStart + keySize;
    const recordKeySize = reader.i32();
    this.recordKeyStart = recordKeySize < 0 ? -1 : reader.take(recordKeySize);
    this.recordKeyEnd = this.recordKeyStart + Math.max(recordKeySize, 0);
    const valueSize = reader.i32();
    this.valueStart = valueSize < 0 ? -1 : reader.take(valueSize);
    this.valueEnd = this.valueStart + Math.max(valueSize, 0);
    const inputCount = reader.u16();
    if (inputCount !== this.inputs.length) {
      reader.fail(
        `a record has ${inputCount} inputs, this job takes ${this.inputs.length}: it belongs to another plan`,
      );
    }
    reader.array(this.inputs, inputCount);
  }
}

export class ShuffleBlockReader {
  /** Of the block that is open; compare with `planHashNumber` of the job before anything else is believed. */
  planHash = 0;
  sourcePartition = 0;
  readonly partials: PartialsSection;
  readonly control = new ControlSection();
  readonly envelope: EnvelopeSection;
  private readonly reader = new ByteReader('shuffle record');

  /** `columnCount`: columns of the job's tables; `inputCount`: its aggregates. */
  constructor(options: { columnCount: number; inputCount: number }) {
    this.partials = new PartialsSection(options.columnCount);
    this.envelope = new EnvelopeSection(options.inputCount);
  }

  /** Begins with the block `buffer[start, end)`. Throws `CorruptStateError` when it is not whole or of another version. */
  open(buffer: Buffer, start: number, end: number): void {
    const { reader } = this;
    reader.open(buffer, start, end).verifyChecksum();
    const version = reader.u8();
    if (version !== BLOCK_FORMAT) reader.fail(`format is version ${version}, this build reads ${BLOCK_FORMAT}`);
    this.planHash = reader.u32();
    this.sourcePartition = reader.u32();
  }

  /** Reads the next section into `partials`, `control` or `envelope` and returns its kind; `SECTION_END` after the last. */
  next(): number {
    const { reader } = this;
    if (reader.position === reader.end) return SECTION_END;
    const kind = reader.u8();
    const size = reader.u32();
    const end = reader.position + size;
    if (kind === SECTION_PARTIALS) this.partials.read(reader);
    else if (kind === SECTION_CONTROL) this.control.read(reader, this.sourcePartition);
    else if (kind === SECTION_ENVELOPE) this.envelope.read(reader);
    else reader.fail(`section kind ${kind} is unknown`);
    if (reader.position !== end)
      reader.fail(`a section of kind ${kind} has ${size} bytes, ${reader.position - end + size} were read`);
    return kind;
  }
}
