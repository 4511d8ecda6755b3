// State in columns, and its persisted forms: the only door to this folder.
export { ByteReader } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export {
  type CellSpec,
  type CellType,
  type Columns,
  type ColumnSpec,
  type MergeBatch,
  type ReadonlyColumns,
  type TableLayout,
} from './columns.ts';
export { CorruptStateError, StateLimitError } from './errors.ts';
export { KeyTable } from './key-table.ts';
export { KeyTablePool } from './key-table-pool.ts';
export { RowPartitioner, shufflePartition } from './partition-rows.ts';
export {
  planHashNumber,
  planHashText,
  SECTION_CONTROL,
  SECTION_END,
  SECTION_ENVELOPE,
  SECTION_PARTIALS,
} from './shuffle-block.ts';
export type { EnvelopeOriginal, EnvelopeRecord, EnvelopeSection } from './envelope-section.ts';
export type { PartialsSection } from './partials-section.ts';
export { type PartialsInput, PartialsWriter } from './partials-writer.ts';
export { ShuffleBlockReader } from './shuffle-block-reader.ts';
export { type ControlInput, ShuffleBlockWriter } from './shuffle-block-writer.ts';
export { decodeSnapshot, encodeSnapshot, type TaskSnapshot } from './snapshot.ts';
export { decodeTable, encodeTable } from './table-codec.ts';
