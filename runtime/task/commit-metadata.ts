// What a commit says of a task besides its offset: a text of at most 512 bytes in the metadata of the committed offset, written in
// the same transaction as everything it speaks of. Persisted format, version 2.
import type { ForcedWatermark } from './forced-watermarks.ts';

export const COMMIT_METADATA_MAX_BYTES = 512;
const VERSION = 2;

/** The decisions of a direct task that are not in its log. */
export interface Decisions {
  /** A fold that begins before this offset lacks decisions. */
  readonly from: number;
  readonly forced: readonly ForcedWatermark[];
}

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
  /** The partition has been silent for `closeIdleAfter`. */
  readonly quiet: boolean;
  /** Wall clock, epoch ms, since when the partition has been silent and caught up; null while it is not. */
  readonly since: number | null;
  /** Jobs that emit in intervals: changes before this offset are out. Null for all others. */
  readonly em: number | null;
  /** Null when there were none. */
  readonly fw: Decisions | null;
  /** Instance id of the worker that committed. */
  readonly by: string;
  /** Rises by one with every commit of the task: tells two commits at the same offset apart. */
  readonly seq: number;
}

export function encodeCommitMetadata(metadata: CommitMetadata): string {
  const { fw, em, idle, quiet, ...always } = metadata;
  const text = JSON.stringify({
    v: VERSION,
    ...always,
    ...(idle ? { idle } : {}),
    ...(quiet ? { quiet } : {}),
    ...(em === null ? {} : { em }),
    ...(fw === null ? {} : { fw: encodeDecisions(fw) }),
  });
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
  if (typeof value !== 'object' || value === null || !('v' in value) || value.v !== VERSION) return null;
  const { inc, plan, base, ckpt, wm, idle, quiet, since, em, fw, by, seq } = value as Partial<
    Omit<CommitMetadata, 'fw'> & { fw: string }
  >;
  if (typeof inc !== 'number' || typeof plan !== 'string' || typeof base !== 'number' || typeof by !== 'string')
    return null;
  if (typeof seq !== 'number' || ckpt === undefined || wm === undefined || since === undefined) return null;
  const decisions = fw === undefined ? null : decodeDecisions(fw);
  if (decisions === undefined) return null;
  return {
    inc,
    plan,
    base,
    ckpt,
    wm,
    since,
    by,
    seq,
    idle: idle === true,
    quiet: quiet === true,
    em: em ?? null,
    fw: decisions,
  };
}

// Base 36 and no brackets: eight decisions have to fit beside everything else.
function encodeDecisions({ from, forced }: Decisions): string {
  return [from, ...forced.flatMap(({ offset, watermarkMs }) => [offset, watermarkMs])]
    .map((number) => number.toString(36))
    .join(' ');
}

function decodeDecisions(text: string): Decisions | undefined {
  const numbers = text.split(' ').map((part) => Number.parseInt(part, 36));
  const [from, ...rest] = numbers;
  if (from === undefined || numbers.some(Number.isNaN) || rest.length % 2 !== 0) return undefined;
  const forced: ForcedWatermark[] = [];
  for (let i = 0; i < rest.length; i += 2) forced.push({ offset: rest[i]!, watermarkMs: rest[i + 1]! });
  return { from, forced };
}
