// The name of a checkpoint: `<offset>-<generation>-<random>`. Two writers never clash, and the offset can be read from the name
// when only a listing is left.

export interface CheckpointId {
  /** The next offset to fold after this state. */
  readonly offset: number;
  /** Group generation in which it was taken. */
  readonly generation: number;
  /** 8 hex digits. */
  readonly random: string;
}

const PATTERN = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,9})-([0-9a-f]{8})$/;

export function formatCheckpointId(id: CheckpointId): string {
  return `${id.offset}-${id.generation}-${id.random}`;
}

/** Null when `text` is not the name of a checkpoint. */
export function parseCheckpointId(text: string): CheckpointId | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, offset, generation, random] = match;
  return { offset: Number(offset), generation: Number(generation), random: random ?? '' };
}
