// What a plan asks for. Each action is safe to repeat: a plan that failed half-way is simply made and applied anew.
import type { Reason, ResolvedStorage, StreamJobStatus } from '../../crds/index.ts';
import type { KubeObject } from '../objects.ts';

export type Action =
  | { readonly type: 'setFinalizer'; readonly present: boolean }
  | { readonly type: 'applyServiceAccount'; readonly object: KubeObject }
  | { readonly type: 'applyConfigMap'; readonly object: KubeObject }
  | { readonly type: 'applyDeployment'; readonly object: KubeObject }
  | { readonly type: 'deleteDeployment' }
  | {
      readonly type: 'createShuffleTopic';
      readonly bootstrapServers: string;
      readonly topic: string;
      readonly partitions: number;
      readonly replicationFactor: number;
      readonly config: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'evictMember';
      readonly bootstrapServers: string;
      readonly groupId: string;
      readonly instanceId: string;
      readonly transactionalId: string;
    }
  | {
      readonly type: 'dropKafkaState';
      readonly bootstrapServers: string;
      readonly groupId: string;
      readonly shuffleTopic: string | null;
    }
  | { readonly type: 'dropCheckpoints'; readonly storage: ResolvedStorage; readonly prefix: string }
  | { readonly type: 'patchStatus'; readonly status: StreamJobStatus }
  | {
      readonly type: 'emitEvent';
      readonly eventType: 'Normal' | 'Warning';
      readonly reason: Reason;
      readonly message: string;
    }
  /** Look again after this time even if nothing changes. */
  | { readonly type: 'requeue'; readonly afterMs: number };

export type ActionType = Action['type'];
