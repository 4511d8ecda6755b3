// The harness's own S3 server: what later tests build on.
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { s3Client, startS3 } from '../harness/s3.ts';
import { sharedS3 } from '../harness/shared.ts';
import { uniqueName } from '../harness/topics.ts';

describe('shared S3 server', () => {
  it('gives back what was put, and puts only once when told so', async () => {
    const s3 = await sharedS3();
    const client = s3Client(s3);
    const at = { Bucket: s3.bucket, Key: `${uniqueName('harness')}/object` };
    const body = Buffer.from([0, 1, 2, 254, 255]);
    await client.send(new PutObjectCommand({ ...at, Body: body, IfNoneMatch: '*' }));
    await expect(client.send(new PutObjectCommand({ ...at, Body: 'another', IfNoneMatch: '*' }))).rejects.toMatchObject(
      {
        name: 'PreconditionFailed',
        $metadata: { httpStatusCode: 412 },
      },
    );
    const got = await client.send(new GetObjectCommand(at));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(body);
    client.destroy();
  });

  it('refuses wrong credentials, and buckets that nobody made', async () => {
    const s3 = await sharedS3();
    const stranger = s3Client({ ...s3, secretAccessKey: 'wrong' });
    await expect(stranger.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'k', Body: 'x' }))).rejects.toMatchObject(
      {
        name: 'SignatureDoesNotMatch',
      },
    );
    stranger.destroy();
    const client = s3Client(s3);
    await expect(
      client.send(new PutObjectCommand({ Bucket: uniqueName('nobody-made'), Key: 'k', Body: 'x' })),
    ).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    client.destroy();
  });
});

describe('an S3 server of its own', () => {
  it('keeps its objects over a crash', async () => {
    await using s3 = await startS3({ own: true });
    await s3.createBucket('kept');
    const client = s3Client(s3);
    await client.send(new PutObjectCommand({ Bucket: 'kept', Key: 'k', Body: 'still here' }));
    await s3.kill();
    expect(s3.pid).toBeUndefined();
    await s3.restart();
    const got = await client.send(new GetObjectCommand({ Bucket: 'kept', Key: 'k' }));
    expect(await got.Body?.transformToString()).toBe('still here');
    client.destroy();
  });
});
