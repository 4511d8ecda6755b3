// What the reconcile core needs from where it runs. Two backends fill it in: Kubernetes (reconcile/kube-backend) and local
// processes (local/).
import type { Action } from './actions.ts';
import type {
  ConfigMapObject,
  DeploymentObject,
  PodObject,
  Settings,
  StreamJobObject,
  WorkerView,
} from './observed.ts';
import type { KubeObject } from '../objects.ts';
import type { StreamJobStatus } from '../../crds/index.ts';

/** The children of a job as they are. */
export interface ChildrenView {
  readonly configMap: ConfigMapObject | null;
  readonly serviceAccount: KubeObject | null;
  readonly deployment: DeploymentObject | null;
  readonly pods: readonly PodObject[];
}

export interface Backend {
  readonly settings: Settings;
  /** Null when there is no such job (any more). */
  job(key: string): StreamJobObject | null;
  children(job: StreamJobObject): ChildrenView;
  /** The last answers of the job's workers. */
  workers(job: StreamJobObject): readonly WorkerView[];
  /** Asks the authority itself, past every cache, whether the pod exists; used before a member is put out of its group. */
  findPod(job: StreamJobObject, name: string): Promise<PodObject | null>;
  setFinalizer(job: StreamJobObject, present: boolean): Promise<void>;
  applyChild(
    job: StreamJobObject,
    action: Extract<Action, { type: 'applyServiceAccount' | 'applyConfigMap' | 'applyDeployment' }>,
  ): Promise<void>;
  deleteDeployment(job: StreamJobObject): Promise<void>;
  dropCheckpoints(job: StreamJobObject, action: Extract<Action, { type: 'dropCheckpoints' }>): Promise<void>;
  writeStatus(job: StreamJobObject, status: StreamJobStatus): Promise<void>;
  emitEvent(job: StreamJobObject, event: Extract<Action, { type: 'emitEvent' }>): Promise<void>;
}
