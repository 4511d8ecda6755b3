// The S3 store against a real S3 server: the cases that every store passes, and what a person reads when the set-up is wrong.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { S3Store, StoreError, type S3StoreOptions } from '../../runtime/checkpoint/index.ts';
import { objectStoreCases } from '../cases/object-store.cases.ts';
import { sharedS3, type SharedS3 } from '../harness/shared.ts';
import { uniqueName } from '../harness/topics.ts';

let s3: SharedS3;
const before = { ...process.env };

beforeAll(async () => {
  s3 = await sharedS3();
  process.env['AWS_ACCESS_KEY_ID'] = s3.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = s3.secretAccessKey;
});
afterAll(() => {
  process.env = before;
});

const open = (options: Partial<S3StoreOptions> = {}): S3Store =>
  new S3Store({
    bucket: s3.bucket,
    prefix: uniqueName('store'),
    region: s3.region,
    endpoint: s3.endpoint,
    pathStyle: true,
    sse: '',
    ...options,
  });

describe('S3 store', () => {
  test.for(Object.entries(objectStoreCases))('%s', async ([, run]) => {
    const store = open();
    await run(store);
    await store.close();
  });
});

describe('what a person reads when', () => {
  const failure = async (store: S3Store): Promise<StoreError> => {
    const error: unknown = await store.create('a', new Uint8Array(1)).catch((caught: unknown) => caught);
    await store.close();
    if (!(error instanceof StoreError)) throw new Error(`expected a StoreError, got ${String(error)}`);
    return error;
  };

  test('the bucket does not exist', async () => {
    const error = await failure(open({ bucket: 'no-such-bucket' }));
    expect(error.code).toBe('BucketMissing');
    expect(error.message).toMatch(
      /cannot write a in s3:\/\/no-such-bucket\/.*bucket no-such-bucket does not exist: create it, or correct spec.checkpoint.storage.s3.bucket/,
    );
  });

  test('the credentials are wrong', async () => {
    process.env['AWS_SECRET_ACCESS_KEY'] = 'wrong';
    const error = await failure(open());
    process.env['AWS_SECRET_ACCESS_KEY'] = s3.secretAccessKey;
    expect(error.code).toBe('NotAuthorized');
    expect(error.message).toMatch(/HTTP 403.*check the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the secret/);
    expect(error.message).not.toContain(s3.secretAccessKey);
  });

  test('nobody listens at the endpoint', async () => {
    const error = await failure(open({ endpoint: 'http://127.0.0.1:9' }));
    expect(error.code).toBe('Unreachable');
    expect(error.retryable).toBe(true);
    expect(error.message).toMatch(/ECONNREFUSED.*check spec.checkpoint.storage.s3.endpoint/);
  });
});
