// Checkpoints: object stores, manifests, retention.
export { BaselineStore, type Baseline } from './baseline-store.ts';
export { parseCheckpointId } from './checkpoint-id.ts';
export {
  CheckpointStore,
  type BrokenCheckpoint,
  type CheckpointStoreOptions,
  type LoadedCheckpoint,
} from './checkpoint-store.ts';
export { LocalStore } from './local-store.ts';
export { MemoryStore } from './memory-store.ts';
export { StoreError, type ObjectStore, type StoreErrorCode } from './object-store.ts';
export { S3Store, type S3StoreOptions } from './s3-store.ts';
