// Every reason that a condition, an Event or a worker's problem may carry. Closed: alerts and runbooks are written against it.

/** What is wrong, or what a user should know. */
export const PROBLEM_REASONS = [
  /** The manifest breaks a rule of the contract. */
  'InvalidSpec',
  /** The manifest sets a part of the contract that this release does not implement. */
  'NotSupportedYet',
  /** A field of a job with state was changed that cannot be changed; the last good spec keeps running. */
  'ChangeRefused',
  'TopicNotFound',
  'BrokerUnreachable',
  /** The broker lacks an API or a guarantee that exactly-once needs. */
  'BrokerUnsupported',
  'NotAuthorized',
  'StorageUnavailable',
  /** A checkpoint that committed metadata names cannot be read, and no older usable one is left. */
  'CheckpointMissing',
  /** A checkpoint was unreadable; an older one was used. */
  'CheckpointFellBack',
  /** Committed offsets of the baseline are gone (expired or deleted). */
  'OffsetsLost',
  /** Committed offsets were written by something other than this job. */
  'OffsetsChangedOutside',
  /** The topic's log starts after the position that is needed, or ends before it, or is another topic of the same name. */
  'LogTruncated',
  /** A record lies in a partition other than the declared partitioner says; direct mode would split its key. */
  'NotCoPartitioned',
  /** The source of a direct job has grown: its keys have moved. */
  'PartitionsChanged',
  'StateIncompatible',
  'StateTooLarge',
  /** The commit metadata does not fit the broker's `offset.metadata.max.bytes`. */
  'MetadataTooLarge',
  /** The plan hash in committed metadata is not the worker's. */
  'PlanMismatch',
  'ImagePullFailed',
  'CrashLoop',
  'Unschedulable',
  /** A record that cannot be processed stopped a task (`onBadRecord: fail`), or a record kills each worker that reads it. */
  'PoisonRecord',
  /** A transaction cannot be committed for a reason that a retry does not cure. */
  'CommitFailed',
  'WorkerLost',
  /** A partition is owned by no worker for longer than 30 s. */
  'PartitionUnowned',
  /** State of an earlier job of this namespace and name is still there. */
  'RetainedStateFound',
  /** The shuffle topic's settings differ from what the job needs. */
  'ShuffleTopicDiffers',
  /** Cleaning up on deletion did not end before its deadline. */
  'DeletionDeadlineExceeded',
  /** A failure of StreamJob itself. */
  'InternalError',
] as const;

/** What is going on, without anything being wrong. */
export const PROGRESS_REASONS = [
  'AllTasksLive',
  'AsExpected',
  'Pending',
  'Starting',
  'Restoring',
  'WaitingForWorkers',
  'WaitingForTopic',
  'Rescaling',
  'Rescaled',
  'RollingUpdate',
  'Suspending',
  'Suspended',
  'Resumed',
  'Deleting',
  'Deleted',
  'Created',
  'ReconciliationPaused',
  'AwaitingApproval',
] as const;

export const REASONS = [...PROBLEM_REASONS, ...PROGRESS_REASONS] as const;

export type ProblemReason = (typeof PROBLEM_REASONS)[number];
export type ProgressReason = (typeof PROGRESS_REASONS)[number];
export type Reason = ProblemReason | ProgressReason;
