// What the operator sees of one job and its surroundings at one moment: the whole input of `plan`.
import type {
  ProblemReason,
  ResolvedJob,
  StreamJobStatus,
  Validation,
  WorkerConfig,
  WorkerStatus,
} from '../../crds/index.ts';
import type { KubeObject, ObjectMeta } from '../objects.ts';

/** A StreamJob as it came from the API server: its spec may be anything. */
export interface StreamJobObject extends KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly namespace: string; readonly uid: string };
  readonly spec?: unknown;
  readonly status?: StreamJobStatus;
}

export interface ConfigMapObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface DeploymentObject extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

export interface ContainerTermination {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: ContainerTermination;
  };
  readonly lastState?: { readonly terminated?: ContainerTermination };
}

export interface PodObject extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

/** A topic as the operator finds it. `unknown`: not looked at in this turn. */
export type TopicState =
  | { readonly state: 'unknown' }
  | { readonly state: 'exists'; readonly partitions: number }
  | { readonly state: 'missing' }
  | { readonly state: 'unreachable'; readonly message: string }
  | { readonly state: 'unauthorized'; readonly message: string }
  | { readonly state: 'failed'; readonly message: string };

/** The shuffle topic with the settings that the broker applies to it. */
export type ShuffleTopicState =
  | Exclude<TopicState, { readonly state: 'exists' }>
  | { readonly state: 'notNeeded' }
  | { readonly state: 'exists'; readonly partitions: number; readonly config: Readonly<Record<string, string>> };

export interface KafkaView {
  readonly source: TopicState;
  readonly shuffle: ShuffleTopicState;
  /** Brokers of the cluster, 0 while unknown. */
  readonly brokers: number;
  /** Members of the job's group with an instance id; null when they were not looked at. */
  readonly members: readonly string[] | null;
  /** Groups of earlier incarnations or earlier jobs of this name. */
  readonly retainedGroups: readonly string[];
}

/** The last answer of a worker, or why there is none. */
export interface WorkerView {
  readonly pod: string;
  readonly status: WorkerStatus | null;
  readonly atMs: number;
}

/** The spec that runs, read back from the ConfigMap: an operator that restarts knows it from there. */
export interface LastGood {
  readonly config: WorkerConfig;
  readonly resolved: ResolvedJob;
}

/** Why the last plan could not be carried out. */
export interface Failure {
  readonly reason: ProblemReason;
  readonly message: string;
}

export interface Settings {
  /** Image of workers whose job names none. */
  readonly workerImage: string;
  /** Where workers run: decides whether a local folder can be shared by them. */
  readonly backend: 'kubernetes' | 'processes';
}

export interface Observed {
  readonly job: StreamJobObject;
  readonly validation: Validation;
  readonly lastGood: LastGood | null;
  readonly configMap: ConfigMapObject | null;
  readonly serviceAccount: KubeObject | null;
  readonly deployment: DeploymentObject | null;
  /** All pods of the job, also those that end. */
  readonly pods: readonly PodObject[];
  readonly kafka: KafkaView;
  readonly workers: readonly WorkerView[];
  /** When the status was last written, epoch ms; null when this process has not written it. */
  readonly statusWrittenMs: number | null;
  /** Null when the last plan was carried out. */
  readonly lastFailure: Failure | null;
  readonly settings: Settings;
}
