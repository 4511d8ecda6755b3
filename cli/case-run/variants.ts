// The lives in which every case must give the same rows.

/** As written; with a worker that dies between every two steps; with one, three and two workers in turn. */
export const VARIANTS = ['plain', 'crash', 'rescale'] as const;

export type Variant = (typeof VARIANTS)[number];

/** Workers after each gap between two steps of the variant `rescale`; a case begins with one. */
const WORKERS = [3, 2, 1] as const;

export interface Disturbed {
  scale(workers: number): Promise<void>;
  crash(): Promise<void>;
  checkpoint(): Promise<void>;
}

/** What happens in gap `index` (from 0) between two steps. */
export async function disturb(variant: Variant, index: number, world: Disturbed): Promise<void> {
  if (variant === 'rescale') await world.scale(WORKERS[index % WORKERS.length]!);
  if (variant !== 'crash') return;
  // Restored from a checkpoint at the very place, and from an older one with the rest of the log: by turns.
  if (index % 2 === 1) await world.checkpoint();
  await world.crash();
}
