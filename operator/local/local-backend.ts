// The reconcile core's ports on this machine: the job is a file, its workers are processes, its Deployment is a supervisor.
import { type StreamJobStatus, WORKER_CONFIG_FILE, canonicalJson } from '../../crds/index.ts';
import type { KubeObject } from '../objects.ts';
import type { Action } from '../reconcile/actions.ts';
import { WORKER_ANSWER_MAX_AGE_MS } from '../reconcile/plan/diagnose.ts';
import type {
  ConfigMapObject,
  DeploymentObject,
  PodObject,
  Settings,
  StreamJobObject,
  WorkerView,
} from '../reconcile/observed.ts';
import type { Backend, ChildrenView } from '../reconcile/ports.ts';
import type { ScrapeTarget } from '../reconcile/scraper.ts';
import { deleteLocalPrefix, deleteS3Prefix } from '../storage/index.ts';
import type { Clock } from '../clock.ts';
import type { StateFolder } from './state-folder.ts';
import type { SupervisedWorker, Supervisor } from './supervisor.ts';

export interface LocalEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface LocalBackendOptions {
  readonly key: string;
  readonly job: StreamJobObject;
  readonly folder: StateFolder;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly workers: () => readonly WorkerView[];
  readonly onStatus: (status: StreamJobStatus) => void;
  readonly onEvent: (event: LocalEvent) => void;
}

type Applied = DeploymentObject & { readonly spec: { readonly replicas: number; readonly template: PodTemplate } };
type PodTemplate = {
  readonly spec?: {
    readonly containers?: readonly {
      readonly name?: string;
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
  };
};

export class LocalBackend implements Backend {
  readonly settings: Settings = { workerImage: 'local', backend: 'processes' };
  private readonly options: LocalBackendOptions;
  private current: StreamJobObject;
  private configMap: ConfigMapObject | null;
  private serviceAccount: KubeObject | null = null;
  private applied: Applied | null = null;

  constructor(options: LocalBackendOptions) {
    this.options = options;
    this.current = options.job;
    const text = options.folder.config();
    this.configMap =
      text === null ? null : { metadata: { name: WORKER_CONFIG_FILE }, data: { [WORKER_CONFIG_FILE]: text } };
  }

  job(key: string): StreamJobObject | null {
    return key === this.options.key ? this.current : null;
  }

  /** Takes over an edited manifest. Returns whether it asks for anything new. */
  edit(spec: unknown): boolean {
    if (canonicalJson(spec) === canonicalJson(this.current.spec)) return false;
    const generation = (this.current.metadata.generation ?? 0) + 1;
    this.current = { ...this.current, spec, metadata: { ...this.current.metadata, generation } };
    this.remember();
    return true;
  }

  children(): ChildrenView {
    const { configMap, serviceAccount } = this;
    return {
      configMap,
      serviceAccount,
      deployment: this.deployment(),
      pods: this.options.supervisor.list().map((worker) => this.podOf(worker)),
    };
  }

  workers(): readonly WorkerView[] {
    return this.options.workers();
  }

  findPod(_job: StreamJobObject, name: string): Promise<PodObject | null> {
    const worker = this.options.supervisor.list().find((candidate) => candidate.process.name === name);
    return Promise.resolve(worker === undefined ? null : this.podOf(worker));
  }

  setFinalizer(_job: StreamJobObject, present: boolean): Promise<void> {
    const finalizers = present ? ['streamjob.dev/finalizer'] : [];
    this.current = { ...this.current, metadata: { ...this.current.metadata, finalizers } };
    return Promise.resolve();
  }

  applyChild(_job: StreamJobObject, action: Extract<Action, { object: KubeObject }>): Promise<void> {
    switch (action.type) {
      case 'applyServiceAccount':
        this.serviceAccount = action.object;
        return Promise.resolve();
      case 'applyConfigMap':
        this.configMap = action.object;
        this.options.folder.writeConfig(this.configMap.data?.[WORKER_CONFIG_FILE] ?? '');
        return Promise.resolve();
      case 'applyDeployment':
        this.applied = action.object as Applied;
        this.options.supervisor.want({
          replicas: this.applied.spec.replicas,
          revision: revisionOf(this.applied),
          env: variables(this.applied),
        });
        return Promise.resolve();
    }
  }

  async deleteDeployment(): Promise<void> {
    this.applied = null;
    this.options.supervisor.want({ replicas: 0, revision: '', env: {} });
    await Promise.resolve();
  }

  async dropCheckpoints(
    _job: StreamJobObject,
    { storage, prefix }: Extract<Action, { type: 'dropCheckpoints' }>,
  ): Promise<void> {
    if (storage.kind === 'local') await deleteLocalPrefix(storage.path, prefix);
    else await deleteS3Prefix(storage, prefix, null);
  }

  writeStatus(_job: StreamJobObject, status: StreamJobStatus): Promise<void> {
    this.current = { ...this.current, status };
    this.remember();
    this.options.onStatus(status);
    return Promise.resolve();
  }

  emitEvent(_job: StreamJobObject, event: Extract<Action, { type: 'emitEvent' }>): Promise<void> {
    this.options.onEvent({ type: event.eventType, reason: event.reason, message: event.message });
    return Promise.resolve();
  }

  scrapeTargets(): ScrapeTarget[] {
    return this.options.supervisor
      .list()
      .filter(({ process }) => process.port !== null)
      .map(({ process }) => ({
        key: this.options.key,
        pod: process.name,
        url: `http://127.0.0.1:${process.port ?? 0}/status`,
      }));
  }

  isReady(worker: string): boolean {
    const process = this.options.supervisor.list().find((candidate) => candidate.process.name === worker)?.process;
    const view = this.options.workers().find((candidate) => candidate.pod === worker);
    if (process?.running !== true || view?.status?.live !== true) return false;
    return view.atMs >= process.startedMs && this.options.clock.now() - view.atMs <= WORKER_ANSWER_MAX_AGE_MS;
  }

  private deployment(): DeploymentObject | null {
    if (this.applied === null) return null;
    const workers = this.options.supervisor.list();
    const revision = revisionOf(this.applied);
    return {
      ...this.applied,
      status: {
        observedGeneration: this.applied.metadata.generation ?? 0,
        replicas: workers.length,
        updatedReplicas: workers.filter((worker) => worker.revision === revision).length,
        readyReplicas: workers.filter(({ process }) => this.isReady(process.name)).length,
      },
    };
  }

  /** A process that is between two starts is what Kubernetes calls a crash loop, from its second end on. */
  private podOf({ process }: SupervisedWorker): PodObject {
    const { name, running, restarts, lastEnd } = process;
    const waiting =
      running || restarts < 2
        ? {}
        : { waiting: { reason: 'CrashLoopBackOff', message: 'it is started again with growing pauses' } };
    return {
      metadata: { name, namespace: this.current.metadata.namespace },
      status: {
        phase: 'Running',
        podIP: '127.0.0.1',
        containerStatuses: [
          {
            name: 'worker',
            ready: this.isReady(name),
            restartCount: restarts,
            state: waiting,
            ...(lastEnd === null ? {} : { lastState: { terminated: lastEnd } }),
          },
        ],
      },
    };
  }

  private remember(): void {
    const { metadata, spec, status } = this.current;
    this.options.folder.remember({
      uid: metadata.uid,
      generation: metadata.generation ?? 1,
      spec: canonicalJson(spec ?? null),
      status: status ?? null,
    });
  }
}

/** What of a Deployment makes its pods new ones. */
function revisionOf(deployment: Applied): string {
  return canonicalJson(deployment.spec.template);
}

/** Variables that the manifest sets by value; what it takes from Secrets comes from the environment here. */
function variables(deployment: Applied): Record<string, string> {
  const container = deployment.spec.template.spec?.containers?.find((candidate) => candidate.name === 'worker');
  return Object.fromEntries(
    (container?.env ?? []).filter((entry) => entry.value !== undefined).map((entry) => [entry.name, entry.value ?? '']),
  );
}
