// Object store in S3 or anything that speaks its protocol. Credentials come from the environment (AWS_ACCESS_KEY_ID …) or the
// ambient chain; never from the job.
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type ServerSideEncryption,
} from '@aws-sdk/client-s3';
import { StoreError, type ObjectStore, type StoredObject } from './object-store.ts';

export interface S3StoreOptions {
  readonly bucket: string;
  /** Put before every key; empty for none. */
  readonly prefix: string;
  readonly region: string;
  /** Empty: the region's own endpoint. */
  readonly endpoint: string;
  readonly pathStyle: boolean;
  /** Server-side encryption (`AES256`, `aws:kms`), empty for the bucket's default. */
  readonly sse: string;
}

export class S3Store implements ObjectStore {
  readonly location: string;
  readonly #client: S3Client;
  readonly #options: S3StoreOptions;
  readonly #prefix: string;

  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.#prefix = options.prefix === '' ? '' : `${options.prefix.replace(/\/+$/, '')}/`;
    this.location = `s3://${options.bucket}/${this.#prefix}${options.endpoint === '' ? '' : ` at ${options.endpoint}`}`;
    this.#client = new S3Client({
      region: options.region,
      forcePathStyle: options.pathStyle,
      // Stores other than AWS often reject the newer checksum trailers.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
      ...(options.endpoint === '' ? {} : { endpoint: options.endpoint }),
    });
  }

  async create(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    const sse = this.#options.sse === '' ? {} : { ServerSideEncryption: this.#options.sse as ServerSideEncryption };
    try {
      await this.#client.send(
        new PutObjectCommand({ ...this.#at(key), Body: body, ContentLength: body.length, IfNoneMatch: '*', ...sse }),
      );
      return 'created';
    } catch (error) {
      if (statusOf(error) === 412) return 'exists';
      throw this.#error(`write ${key}`, error);
    }
  }

  async get(key: string): Promise<Uint8Array | null> {
    try {
      const answer = await this.#client.send(new GetObjectCommand(this.#at(key)));
      if (answer.Body === undefined) return null;
      return await answer.Body.transformToByteArray();
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey') return null;
      throw this.#error(`read ${key}`, error);
    }
  }

  async list(prefix: string): Promise<readonly StoredObject[]> {
    const found: StoredObject[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#options.bucket,
            Prefix: this.#prefix + prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        for (const { Key, Size } of page.Contents ?? [])
          if (Key !== undefined) found.push({ key: Key.slice(this.#prefix.length), sizeBytes: Size ?? 0 });
        token = page.NextContinuationToken;
      } while (token !== undefined);
    } catch (error) {
      throw this.#error(`list ${prefix}`, error);
    }
    // Not every store lists in the order of S3.
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += 1000) {
      const Objects = keys.slice(from, from + 1000).map((key) => ({ Key: this.#prefix + key }));
      try {
        await this.#client.send(
          new DeleteObjectsCommand({ Bucket: this.#options.bucket, Delete: { Objects, Quiet: true } }),
        );
      } catch (error) {
        throw this.#error(`delete ${keys.length} objects`, error);
      }
    }
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#options.bucket, Key: this.#prefix + key };
  }

  #error(what: string, error: unknown): StoreError {
    const status = statusOf(error);
    const name = nameOf(error);
    const said = error instanceof Error && error.message !== '' ? `: ${error.message}` : '';
    const failed = `cannot ${what} in ${this.location} (${name}${status === undefined ? '' : `, HTTP ${status}`}${said})`;
    if (name === 'NoSuchBucket')
      return new StoreError(
        'BucketMissing',
        `${failed}; bucket ${this.#options.bucket} does not exist: create it, or correct spec.checkpoint.storage.s3.bucket`,
        { cause: error },
      );
    if (status === 401 || status === 403 || name === 'CredentialsProviderError')
      return new StoreError(
        'NotAuthorized',
        `${failed}; check the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the secret in spec.checkpoint.storage.s3.credentialsSecretRef, and that they may read, write, list and delete in the bucket`,
        { cause: error },
      );
    if (status === undefined)
      return new StoreError('Unreachable', `${failed}; check spec.checkpoint.storage.s3.endpoint and the network`, {
        cause: error,
      });
    return new StoreError('Failed', failed, { cause: error });
  }
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
