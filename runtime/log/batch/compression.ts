// The codecs of record batches. Snappy has two framings on the wire: Java's snappy-java writes chunks behind a "SNAPPY" magic,
// librdkafka and most others write one raw block; both are read, the raw one is written.
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { lz4Compress, lz4Decompress, snappyCompress, snappyDecompress } from '@platformatic/wasm-utils';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Codec numbers of the attributes field are the positions in this list. */
export const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Magic, version and compatible version. */
const XERIAL_HEADER_BYTES = 16;

interface Codec {
  readonly compress: (bytes: Buffer) => Buffer;
  readonly decompress: (bytes: Buffer) => Buffer;
}

const CODECS: Readonly<Record<Compression, Codec>> = {
  none: { compress: (bytes) => bytes, decompress: (bytes) => bytes },
  gzip: { compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes) },
  snappy: {
    compress: (bytes) => snappyCompress(bytes),
    decompress: (bytes) => (isXerial(bytes) ? decompressXerial(bytes) : snappyDecompress(bytes)),
  },
  lz4: { compress: (bytes) => lz4Compress(bytes), decompress: (bytes) => lz4Decompress(bytes) },
  zstd: { compress: (bytes) => zstdCompressSync(bytes), decompress: (bytes) => zstdDecompressSync(bytes) },
};

export function compress(codec: Compression, bytes: Buffer): Buffer {
  return CODECS[codec].compress(bytes);
}

/** Throws whatever the codec throws for bytes that are not its own. */
export function decompress(codec: Compression, bytes: Buffer): Buffer {
  return CODECS[codec].decompress(bytes);
}

function isXerial(bytes: Buffer): boolean {
  return bytes.length >= XERIAL_HEADER_BYTES && bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC);
}

function decompressXerial(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = XERIAL_HEADER_BYTES;
  while (at < bytes.length) {
    // readUInt32BE throws when the length itself is cut.
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new RangeError(`a snappy chunk ends at ${end} of ${bytes.length} bytes`);
    chunks.push(snappyDecompress(bytes.subarray(at + 4, end)));
    at = end;
  }
  return Buffer.concat(chunks);
}
