// The reconcile core's ports on Kubernetes: reads from caches, writes through the API server.
import { FINALIZER, LABEL_JOB, type StreamJobStatus, childName } from '../../crds/index.ts';
import type { Clock } from '../clock.ts';
import {
  type Cache,
  type EventRecorder,
  type KubeClient,
  KubeApiError,
  RESOURCES,
  type Resource,
  WrittenObjects,
  isKubeError,
} from '../kube/index.ts';
import { type KubeObject, keyOf } from '../objects.ts';
import { type Credentials, deleteS3Prefix } from '../storage/index.ts';
import type { Action } from './actions.ts';
import type {
  ConfigMapObject,
  DeploymentObject,
  PodObject,
  Settings,
  StreamJobObject,
  WorkerView,
} from './observed.ts';
import { WORKER_PORT } from './plan/pod-template.ts';
import type { Backend, ChildrenView } from './ports.ts';
import type { ScrapeTarget } from './scraper.ts';

export interface KubeCaches {
  readonly jobs: Cache<StreamJobObject>;
  readonly deployments: Cache<DeploymentObject>;
  readonly configMaps: Cache<ConfigMapObject>;
  readonly serviceAccounts: Cache<KubeObject>;
  readonly pods: Cache<PodObject>;
}

export interface KubeBackendOptions {
  readonly client: KubeClient;
  readonly caches: KubeCaches;
  readonly events: EventRecorder;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly workers: (key: string) => readonly WorkerView[];
}

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const CHILD_RESOURCES = {
  applyServiceAccount: RESOURCES.serviceAccount,
  applyConfigMap: RESOURCES.configMap,
  applyDeployment: RESOURCES.deployment,
} as const satisfies Record<string, Resource>;

export class KubeBackend implements Backend {
  readonly settings: Settings;
  private readonly options: KubeBackendOptions;
  private readonly writtenJobs: WrittenObjects<StreamJobObject>;
  private readonly writtenChildren: Record<keyof typeof CHILD_RESOURCES, WrittenObjects<KubeObject>>;
  /** Keys of pods by key of their job. */
  private readonly podsOfJob = new Map<string, Set<string>>();

  constructor(options: KubeBackendOptions) {
    this.options = options;
    this.settings = options.settings;
    this.writtenJobs = new WrittenObjects(options.clock);
    this.writtenChildren = {
      applyServiceAccount: new WrittenObjects(options.clock),
      applyConfigMap: new WrittenObjects(options.clock),
      applyDeployment: new WrittenObjects(options.clock),
    };
  }

  /** Keeps the index; to be told of every change of the pods' cache. */
  podChanged(podKey: string, pod: PodObject, gone: boolean): void {
    const jobKey = jobKeyOf(pod);
    if (jobKey === null) return;
    const pods = this.podsOfJob.get(jobKey) ?? new Set<string>();
    if (gone) pods.delete(podKey);
    else pods.add(podKey);
    if (pods.size === 0) this.podsOfJob.delete(jobKey);
    else this.podsOfJob.set(jobKey, pods);
  }

  /** A deleted object must not be believed to exist because we once wrote it. */
  objectGone(kind: 'job' | keyof typeof CHILD_RESOURCES, key: string): void {
    if (kind === 'job') this.writtenJobs.forget(key);
    else this.writtenChildren[kind].forget(key);
  }

  job(key: string): StreamJobObject | null {
    const cached = this.options.caches.jobs.get(key);
    // Gone from the cache is gone: jobs are never created by us.
    return cached === undefined ? null : (this.writtenJobs.newest(key, cached) ?? null);
  }

  children(job: StreamJobObject): ChildrenView {
    const { caches } = this.options;
    const key = `${job.metadata.namespace}/${childName(job.metadata.name)}`;
    const { applyConfigMap, applyDeployment, applyServiceAccount } = this.writtenChildren;
    return {
      configMap: applyConfigMap.newest(key, caches.configMaps.get(key)) ?? null,
      serviceAccount: applyServiceAccount.newest(key, caches.serviceAccounts.get(key)) ?? null,
      deployment: applyDeployment.newest(key, caches.deployments.get(key)) ?? null,
      pods: [...(this.podsOfJob.get(keyOf(job)) ?? [])]
        .map((podKey) => caches.pods.get(podKey))
        .filter((pod) => pod !== undefined),
    };
  }

  workers(job: StreamJobObject): readonly WorkerView[] {
    return this.options.workers(keyOf(job));
  }

  findPod(job: StreamJobObject, name: string): Promise<PodObject | null> {
    return this.options.client.find<PodObject>(RESOURCES.pod, { namespace: job.metadata.namespace, name });
  }

  async setFinalizer(job: StreamJobObject, present: boolean): Promise<void> {
    const others = (job.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const finalizers = present ? [...others, FINALIZER] : others;
    const { uid, resourceVersion } = this.job(keyOf(job))?.metadata ?? job.metadata;
    try {
      const after = await this.options.client.mergePatch<StreamJobObject>(RESOURCES.streamJob, job.metadata, {
        metadata: { uid, resourceVersion, finalizers },
      });
      this.writtenJobs.put(after);
    } catch (error) {
      if (present || !isKubeError(error, 'NotFound')) throw error;
    }
  }

  async applyChild(job: StreamJobObject, action: Extract<Action, { object: KubeObject }>): Promise<void> {
    const { name } = action.object.metadata;
    const after = await this.options.client.apply(
      CHILD_RESOURCES[action.type],
      { namespace: job.metadata.namespace, name },
      action.object,
    );
    this.writtenChildren[action.type].put(after);
  }

  async deleteDeployment(job: StreamJobObject): Promise<void> {
    const { deployment } = this.children(job);
    if (deployment === null) return;
    const { name, uid } = deployment.metadata;
    this.writtenChildren.applyDeployment.forget(keyOf(deployment));
    await this.options.client.delete(RESOURCES.deployment, { namespace: job.metadata.namespace, name }, { uid });
  }

  async dropCheckpoints(
    job: StreamJobObject,
    { storage, prefix }: Extract<Action, { type: 'dropCheckpoints' }>,
  ): Promise<void> {
    if (storage.kind === 'local') throw new Error(`The operator cannot reach ${storage.path} inside the pods.`);
    const secret = storage.credentialsSecret;
    await deleteS3Prefix(
      storage,
      prefix,
      secret === null ? null : await this.credentials(job.metadata.namespace, secret),
    );
  }

  async writeStatus(job: StreamJobObject, status: StreamJobStatus): Promise<void> {
    const { name, namespace, uid } = job.metadata;
    const object = { apiVersion: job.apiVersion, kind: job.kind, metadata: { name, namespace, uid }, status };
    const after = await this.options.client.applyStatus<StreamJobObject>(RESOURCES.streamJob, job.metadata, object);
    this.writtenJobs.put(after);
  }

  emitEvent(job: StreamJobObject, event: Extract<Action, { type: 'emitEvent' }>): Promise<void> {
    return this.options.events.record(job, { type: event.eventType, reason: event.reason, message: event.message });
  }

  /** Every worker that can answer. */
  scrapeTargets(): ScrapeTarget[] {
    const targets: ScrapeTarget[] = [];
    for (const pod of this.options.caches.pods.values()) {
      const key = jobKeyOf(pod);
      const ip = pod.status?.podIP;
      if (key === null || ip === undefined || ip === '' || pod.status?.phase !== 'Running') continue;
      targets.push({
        key,
        pod: pod.metadata.name,
        url: `http://${ip.includes(':') ? `[${ip}]` : ip}:${WORKER_PORT}/status`,
      });
    }
    return targets;
  }

  private async credentials(namespace: string, name: string): Promise<Credentials> {
    const secret = await this.options.client.find<SecretObject>(RESOURCES.secret, { namespace, name });
    if (secret === null)
      throw new KubeApiError(
        'NotFound',
        `Secret ${namespace}/${name} does not exist: checkpoints cannot be deleted without its credentials.`,
      );
    const read = (...keys: readonly string[]): string | undefined =>
      keys.map((key) => secret.data?.[key]).find((value) => value !== undefined);
    const accessKeyId = read('AWS_ACCESS_KEY_ID', 'accessKeyId');
    const secretAccessKey = read('AWS_SECRET_ACCESS_KEY', 'secretAccessKey');
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      throw new Error(`Secret ${namespace}/${name} has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`);
    }
    return { accessKeyId: fromBase64(accessKeyId), secretAccessKey: fromBase64(secretAccessKey) };
  }
}

/** Key of the job that an object with our labels belongs to. */
export function jobKeyOf(object: KubeObject): string | null {
  const job = object.metadata.labels?.[LABEL_JOB];
  return job === undefined || object.metadata.namespace === undefined ? null : `${object.metadata.namespace}/${job}`;
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8').trim();
}
