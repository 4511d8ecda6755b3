// What a job has outside the cluster: its consumer group, its shuffle topic, its checkpoints.
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { checkpointPrefix, groupId, type IncarnationId, incarnationId, shuffleTopic } from '../../crds/index.ts';
import { s3Client } from '../harness/s3.ts';
import { withAdmin } from '../harness/topics.ts';
import { BUCKET, type Environment, NAMESPACE } from './environment.ts';
import type { Job } from './job.ts';

export interface Remains {
  readonly group: boolean;
  readonly shuffleTopic: boolean;
  readonly checkpoints: boolean;
}

export const ALL: Remains = { group: true, shuffleTopic: true, checkpoints: true };
export const NOTHING: Remains = { group: false, shuffleTopic: false, checkpoints: false };

/** The first incarnation of a job that is there. */
export async function incarnationOf(job: Job): Promise<IncarnationId> {
  const { metadata } = await job.read();
  return incarnationId({ namespace: NAMESPACE, job: job.name, uid: metadata.uid, number: 1 });
}

/** What there is of it now, as Kafka and the store tell. */
export async function remainsOf({ broker, s3 }: Environment, incarnation: IncarnationId): Promise<Remains> {
  const { groups, topics } = await withAdmin(broker.bootstrapServers, async (admin) => ({
    groups: (await admin.listGroups()).groups.map((group) => group.groupId),
    topics: await admin.listTopics(),
  }));
  const client = s3Client(s3);
  try {
    const objects = await client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: checkpointPrefix(incarnation) }),
    );
    return {
      group: groups.includes(groupId(incarnation)),
      shuffleTopic: topics.includes(shuffleTopic(incarnation)),
      checkpoints: (objects.KeyCount ?? 0) > 0,
    };
  } finally {
    client.destroy();
  }
}
