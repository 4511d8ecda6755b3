// A cluster in memory: holds what was applied, as the API server would, and counts the writes.
import { FINALIZER, type StreamJobStatus, childName } from '../../crds/index.ts';
import type { KubeObject } from '../objects.ts';
import type { Action } from '../reconcile/actions.ts';
import type {
  ConfigMapObject,
  DeploymentObject,
  PodObject,
  Settings,
  StreamJobObject,
  WorkerView,
} from '../reconcile/observed.ts';
import type { Backend, ChildrenView } from '../reconcile/ports.ts';
import { SETTINGS, stored } from './job-fixtures.ts';

export class MemoryBackend implements Backend {
  readonly settings: Settings = SETTINGS;
  readonly writes: string[] = [];
  readonly events: string[] = [];
  current: StreamJobObject | null;
  configMap: ConfigMapObject | null = null;
  serviceAccount: KubeObject | null = null;
  deployment: DeploymentObject | null = null;
  pods: PodObject[] = [];
  /** Pods that the cache does not show yet. */
  unseenPods: PodObject[] = [];
  views: WorkerView[] = [];
  /** Fails the next write of this kind. */
  failNext: { readonly write: string; readonly error: Error } | null = null;

  constructor(job: StreamJobObject) {
    this.current = job;
  }

  job(): StreamJobObject | null {
    return this.current;
  }

  children(): ChildrenView {
    const { configMap, serviceAccount, deployment, pods } = this;
    return { configMap, serviceAccount, deployment, pods };
  }

  workers(): readonly WorkerView[] {
    return this.views;
  }

  findPod(_job: StreamJobObject, name: string): Promise<PodObject | null> {
    return Promise.resolve([...this.pods, ...this.unseenPods].find((pod) => pod.metadata.name === name) ?? null);
  }

  setFinalizer(job: StreamJobObject, present: boolean): Promise<void> {
    return this.write('setFinalizer', () => {
      const finalizers = present ? [FINALIZER] : [];
      const gone = !present && job.metadata.deletionTimestamp !== undefined;
      this.current = gone ? null : { ...job, ...this.current, metadata: { ...job.metadata, finalizers } };
    });
  }

  applyChild(_job: StreamJobObject, action: Extract<Action, { object: KubeObject }>): Promise<void> {
    return this.write(action.type, () => {
      const object = stored(action.object);
      if (action.type === 'applyConfigMap') this.configMap = object;
      else if (action.type === 'applyServiceAccount') this.serviceAccount = object;
      else this.run(object);
    });
  }

  deleteDeployment(): Promise<void> {
    return this.write('deleteDeployment', () => {
      this.deployment = null;
      this.pods = [];
    });
  }

  dropCheckpoints(): Promise<void> {
    return this.write('dropCheckpoints', () => undefined);
  }

  writeStatus(_job: StreamJobObject, status: StreamJobStatus): Promise<void> {
    return this.write('writeStatus', () => {
      if (this.current !== null) this.current = { ...this.current, status };
    });
  }

  emitEvent(_job: StreamJobObject, event: Extract<Action, { type: 'emitEvent' }>): Promise<void> {
    this.events.push(event.reason);
    return Promise.resolve();
  }

  /** The Deployment controller and the kubelet, at once: all pods are there and ready. */
  private run(deployment: DeploymentObject): void {
    const replicas = deployment.spec?.replicas ?? 1;
    this.deployment = {
      ...deployment,
      status: { observedGeneration: 1, replicas, updatedReplicas: replicas, readyReplicas: replicas },
    };
    const job = this.current?.metadata.name ?? '';
    this.pods = Array.from({ length: replicas }, (_unused, index) => ({
      metadata: { name: `${childName(job)}-${index}`, namespace: 'analytics' },
      status: { phase: 'Running' },
    }));
  }

  private write(what: string, change: () => void): Promise<void> {
    const failing = this.failNext;
    if (failing?.write === what) {
      this.failNext = null;
      return Promise.reject(failing.error);
    }
    this.writes.push(what);
    change();
    return Promise.resolve();
  }
}
