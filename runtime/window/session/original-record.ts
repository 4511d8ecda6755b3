// A source record that travels with its fragment: when it turns out late, lateData gets it as it came.
import type { ByteReader, ByteWriter, CellType } from '../../state/index.ts';

export interface OriginalRecord {
  readonly offset: number;
  /** −1: none. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** offset f64 | timestamp f64 | key | value | headers u32, each key text + value; bytes are u32 size + 1, 0 for null, + bytes. */
export const ORIGINAL_RECORD: CellType<OriginalRecord> = {
  name: 'originalRecord',
  write(writer, { offset, timestampMs, key, value, headers }) {
    writer.f64(offset);
    writer.f64(timestampMs);
    writeBytes(writer, key);
    writeBytes(writer, value);
    writer.u32(headers.length);
    for (const header of headers) {
      writer.text(header.key);
      writeBytes(writer, header.value);
    }
  },
  read(reader) {
    const offset = reader.f64();
    const timestampMs = reader.f64();
    const key = readBytes(reader);
    const value = readBytes(reader);
    const count = reader.u32();
    if (count * 8 > reader.end - reader.position) reader.fail(`it claims ${count} headers, its bytes hold fewer`);
    const headers = Array.from({ length: count }, () => ({ key: reader.text(), value: readBytes(reader) }));
    return { offset, timestampMs, key, value, headers };
  },
};

const HEADER_OVERHEAD_BYTES = 64;
const RECORD_OVERHEAD_BYTES = 160;

/** Memory that keeping the record takes, about. */
export function originalRecordBytes({ key, value, headers }: OriginalRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) size += HEADER_OVERHEAD_BYTES + header.key.length + (header.value?.length ?? 0);
  return size;
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array | null): void {
  writer.u32(bytes === null ? 0 : bytes.length + 1);
  if (bytes !== null && bytes.length > 0)
    writer.bytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}

function readBytes(reader: ByteReader): Buffer | null {
  const size = reader.u32();
  if (size === 0) return null;
  const at = reader.take(size - 1);
  // Copied: the block that it came in is reused.
  return Buffer.from(reader.buffer.subarray(at, at + size - 1));
}
