// Deletes the checkpoints of a job that was deleted with policy drop. The workers that wrote them are gone by then.
import { DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedStorage } from '../../crds/index.ts';
import { errorText } from '../text.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

type S3Storage = Extract<ResolvedStorage, { kind: 's3' }>;

const TIMEOUT_MS = 20_000;

/**
 * Deletes every object below `prefix` (a folder inside the storage's own prefix; ends in a slash).
 * `credentials` null: what the environment of this process offers. Returns the number of objects deleted.
 * @throws Error that names bucket and cause.
 */
export async function deleteS3Prefix(
  storage: S3Storage,
  prefix: string,
  credentials: Credentials | null,
): Promise<number> {
  const client = new S3Client({
    region: storage.region,
    forcePathStyle: storage.pathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 },
    ...(storage.endpoint === null ? {} : { endpoint: storage.endpoint }),
    ...(credentials === null ? {} : { credentials: { ...credentials } }),
  });
  try {
    return await deleteAll(client, {
      bucket: storage.bucket,
      folder: folderOf(storage, prefix),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new Error(
      `Deleting checkpoints in s3://${storage.bucket}/${folderOf(storage, prefix)} failed: ${errorText(cause)}`,
      { cause },
    );
  } finally {
    client.destroy();
  }
}

/** Deletes the folder `prefix` below a local storage's path; none is fine. */
export async function deleteLocalPrefix(path: string, prefix: string): Promise<void> {
  await rm(join(path, prefix), { recursive: true, force: true });
}

async function deleteAll(
  client: S3Client,
  at: { bucket: string; folder: string; signal: AbortSignal },
): Promise<number> {
  let deleted = 0;
  // Listing starts over after each page: what was listed is gone then, and a token would skip what moved up.
  for (;;) {
    const page = await client.send(new ListObjectsV2Command({ Bucket: at.bucket, Prefix: at.folder, MaxKeys: 1_000 }), {
      abortSignal: at.signal,
    });
    const keys = (page.Contents ?? []).map((object) => object.Key).filter((key) => key !== undefined);
    if (keys.length === 0) return deleted;
    const answer = await client.send(
      new DeleteObjectsCommand({ Bucket: at.bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }),
      {
        abortSignal: at.signal,
      },
    );
    const failed = answer.Errors?.[0];
    if (failed !== undefined)
      throw new Error(`${failed.Key ?? 'an object'}: ${failed.Code ?? ''} ${failed.Message ?? ''}`.trim());
    deleted += keys.length;
  }
}

function folderOf(storage: S3Storage, prefix: string): string {
  return storage.prefix === '' ? prefix : `${storage.prefix}/${prefix}`;
}
