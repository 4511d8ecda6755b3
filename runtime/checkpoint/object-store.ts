// The object-store port: flat keys, whole objects. Adapters: S3, a local folder, memory. Retries are the caller's business.

export type StoreErrorCode =
  /** Credentials are missing, wrong, or not allowed to do this. */
  | 'NotAuthorized'
  /** The bucket or folder does not exist. */
  | 'BucketMissing'
  /** Connection refused, name not resolved, time-out. */
  | 'Unreachable'
  /** Everything else, with the store's own words in `cause`. */
  | 'Failed';

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** False when only a change of configuration can help. */
  readonly retryable: boolean;
  constructor(code: StoreErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
    this.retryable = code === 'Unreachable' || code === 'Failed';
  }
}

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface ObjectStore {
  /** For messages: `s3://bucket/prefix`, `/var/lib/streamjob`. */
  readonly location: string;
  /** Writes an object that must not exist yet (If-None-Match: *). `exists`: somebody wrote it before; it is left as it was. */
  create(key: string, body: Uint8Array): Promise<'created' | 'exists'>;
  /** The whole object, or null when there is none. */
  get(key: string): Promise<Uint8Array | null>;
  /** All objects whose key starts with `prefix`, in key order. */
  list(prefix: string): Promise<readonly StoredObject[]>;
  /** Deletes what exists of `keys`; a key that does not exist is no error. */
  remove(keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
