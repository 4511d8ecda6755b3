// What a commit says of a task besides its offset: a text of at most 512 bytes in the metadata of the committed offset, written in
// the same transaction as everything it speaks of. Persisted format, version 1.

export const COMMIT_METADATA_MAX_BYTES = 512;

export interface CommitMetadata {
  /** Number of the incarnation. */
  readonly inc: number;
  /** Plan hash, 8 hex. */
  readonly plan: string;
  /** First offset of the fold. */
  readonly base: number;
  /** Newest verified checkpoint, null for none: then the fold starts at `base`. */
  readonly ckpt: string | null;
  /** Watermark of the records before the offset, epoch ms; null before the first record. */
  readonly wm: number | null;
  /** The partition is marked idle in the shuffle log. */
  readonly idle: boolean;
  /** Wall clock, epoch ms, since when the partition has been silent and caught up; null while it is not. */
  readonly since: number | null;
  /** Instance id of the worker that committed. */
  readonly by: string;
  /** Rises by one with every commit of the task: tells two commits at the same offset apart. */
  readonly seq: number;
}

export function encodeCommitMetadata(metadata: CommitMetadata): string {
  const text = JSON.stringify({ v: 1, ...metadata });
  if (Buffer.byteLength(text) > COMMIT_METADATA_MAX_BYTES)
    throw new Error(
      `commit metadata has ${Buffer.byteLength(text)} bytes, at most ${COMMIT_METADATA_MAX_BYTES} are allowed: ${text}`,
    );
  return text;
}

/** Null when the text is not ours: an offset that somebody else committed, or none of this format. */
export function decodeCommitMetadata(text: string): CommitMetadata | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== 'object' || value === null || !('v' in value) || value.v !== 1) return null;
  const { inc, plan, base, ckpt, wm, idle, since, by, seq } = value as Partial<CommitMetadata>;
  if (typeof inc !== 'number' || typeof plan !== 'string' || typeof base !== 'number' || typeof by !== 'string')
    return null;
  if (typeof seq !== 'number' || typeof idle !== 'boolean') return null;
  if (ckpt === undefined || wm === undefined || since === undefined) return null;
  return { inc, plan, base, ckpt, wm, idle, since, by, seq };
}
