// Members of the group whose pod is gone are put out of it, so that others take their partitions at once instead of after the
// session time-out. Never a pod that may still live: a wrong guess would make it reload its state.
import { childName, transactionalId } from '../../../crds/index.ts';
import type { Action } from '../actions.ts';
import type { Observed } from '../observed.ts';
import { isAlive } from './progress.ts';
import type { Target } from './target.ts';

export function evictions(observed: Observed, target: Target): Extract<Action, { type: 'evictMember' }>[] {
  const alive = new Set(observed.pods.filter(isAlive).map((pod) => pod.metadata.name));
  const ours = `${childName(observed.job.metadata.name)}-`;
  return (observed.kafka.members ?? [])
    .filter((instanceId) => instanceId.startsWith(ours) && !alive.has(instanceId))
    .map((instanceId) => ({
      type: 'evictMember',
      bootstrapServers: target.resolved.source.kafka.bootstrapServers,
      groupId: target.groupId,
      instanceId,
      transactionalId: transactionalId(target.incarnationId, instanceId),
    }));
}
