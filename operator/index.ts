// The control plane's seam for the command line.
export { runLocal, type LocalRunOptions } from './local/run-local.ts';
export type { LocalEvent } from './local/local-backend.ts';
export type { WorkerLine } from './local/worker-process.ts';
export { runOperator, type OperatorOptions } from './main.ts';
