// A task is one kind of work on one partition of one log; its name is used in object keys, metrics and messages.
export type TaskKind = 'ingest' | 'aggregate' | 'direct';

export function taskName(kind: TaskKind, partition: number): string {
  return `${kind}-${partition}`;
}
