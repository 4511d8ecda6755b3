// Carries out a plan, action by action, in its order. The first failure ends it: the next turn sees what is then, and plans anew.
import { KafkaError, type KafkaAdmin, type KafkaAdmins } from '../kafka/index.ts';
import type { Action } from './actions.ts';
import type { StreamJobObject } from './observed.ts';
import type { Backend } from './ports.ts';

export interface ApplyContext {
  readonly backend: Backend;
  readonly admins: KafkaAdmins;
  /** Told of every action that was carried out. */
  readonly onApplied: (action: Action) => void;
  readonly requeue: (afterMs: number) => void;
}

export async function apply(job: StreamJobObject, actions: readonly Action[], context: ApplyContext): Promise<void> {
  for (const action of actions) {
    await applyOne(job, action, context);
    context.onApplied(action);
  }
}

async function applyOne(
  job: StreamJobObject,
  action: Action,
  { backend, admins, requeue }: ApplyContext,
): Promise<void> {
  switch (action.type) {
    case 'setFinalizer':
      return backend.setFinalizer(job, action.present);
    case 'applyServiceAccount':
    case 'applyConfigMap':
    case 'applyDeployment':
      return backend.applyChild(job, action);
    case 'deleteDeployment':
      return backend.deleteDeployment(job);
    case 'createShuffleTopic': {
      const { bootstrapServers, topic, partitions, replicationFactor, config } = action;
      await admins.get(bootstrapServers).createTopic({ topic, partitions, replicationFactor, config });
      return;
    }
    case 'evictMember': {
      const { bootstrapServers, groupId, instanceId, transactionalId } = action;
      return admins.get(bootstrapServers).evict({ groupId, instanceId, transactionalId });
    }
    case 'dropKafkaState':
      return dropKafkaState(admins.get(action.bootstrapServers), action);
    case 'dropCheckpoints':
      return backend.dropCheckpoints(job, action);
    case 'patchStatus':
      return backend.writeStatus(job, action.status);
    case 'emitEvent':
      return backend.emitEvent(job, action);
    case 'requeue':
      requeue(action.afterMs);
      return;
  }
}

/** The group first: as long as it is there its offsets say that the topic was read, and a second try finds both. */
async function dropKafkaState(
  admin: KafkaAdmin,
  { groupId, shuffleTopic }: Extract<Action, { type: 'dropKafkaState' }>,
): Promise<void> {
  try {
    await admin.deleteGroup(groupId);
  } catch (error) {
    if (!(error instanceof KafkaError) || error.answer !== 'NON_EMPTY_GROUP') throw error;
    const members = await admin.groupMembers(groupId);
    const names = members.map((member) => member.instanceId ?? member.memberId).join(', ');
    throw new KafkaError('Refused', `Group ${groupId} still has members (${names})`, {
      answer: error.answer,
      cause: error,
    });
  }
  if (shuffleTopic !== null) await admin.deleteTopic(shuffleTopic);
}
