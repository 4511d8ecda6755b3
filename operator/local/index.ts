// The local backend's seam: the operator's core over processes of this machine.
export type { LocalEvent } from './local-backend.ts';
export { runLocal, type LocalRunOptions } from './run-local.ts';
export type { WorkerLine } from './worker-process.ts';
