// The control plane's seam for the command line.
export { type LocalEvent, type LocalRunOptions, runLocal, type WorkerLine } from './local/index.ts';
export { runOperator, type OperatorOptions } from './main.ts';
