// The contract: the only door to this folder.
export { canonicalJson } from './canonical-json.ts';
export { durationMs, formatDuration, parseDuration } from './duration.ts';
export {
  type ArithmeticOperator,
  type ComparisonOperator,
  type Expected,
  type Expression,
  type ExpressionOf,
  type MacroName,
  type ParsedExpression,
  type Pattern,
  type Scalar,
  type TypeKind,
  type ValueType,
  FUNCTIONS,
  MACROS,
  MAX_TIMESTAMP_MS,
  MIN_TIMESTAMP_MS,
  compilePattern,
  durationTextMs,
  fieldsOf,
  parseExpression,
  partsOf,
  timestampMs,
  zoneOffsetMs,
} from './expression/index.ts';
export {
  ANNOTATION_APPROVE,
  ANNOTATION_PAUSE,
  ANNOTATION_REQUIRE_APPROVAL,
  ANNOTATION_RESTART,
  API_VERSION,
  FIELD_MANAGER,
  FINALIZER,
  GROUP,
  KIND,
  LABEL_INCARNATION,
  LABEL_JOB,
  LABEL_PLAN_HASH,
  PLURAL,
  SHORT_NAME,
  VERSION,
  childLabels,
  childName,
  selectorLabels,
  selectorText,
} from './labels.ts';
export {
  type IncarnationId,
  type IncarnationParts,
  checkpointPrefix,
  groupId,
  incarnationId,
  jobPrefix,
  shuffleTopic,
  transactionalId,
} from './names.ts';
export { PHASES, type Phase } from './phases.ts';
export { PLAN_FIELDS, planHash } from './plan-hash.ts';
export { type Problem } from './problem.ts';
export {
  PROBLEM_REASONS,
  PROGRESS_REASONS,
  REASONS,
  type ProblemReason,
  type ProgressReason,
  type Reason,
} from './reasons.ts';
export type * from './resolved-job.ts';
export { type StreamJobSpec } from './schema/spec.ts';
export {
  CONDITION_MESSAGE_MAX_LENGTH,
  CONDITION_TYPES,
  type Condition,
  type ConditionType,
  type PartitionLag,
  type StreamJobStatus,
  type Why,
} from './schema/status.ts';
export { type Metadata, type StreamJob } from './schema/stream-job.ts';
export { shuffleTopicConfig } from './shuffle-topic.ts';
export { nearest } from './suggest.ts';
export { type Validation, validateStreamJob } from './validate.ts';
export {
  WORKER_CONFIG_FILE,
  type WorkerConfig,
  formatWorkerConfig,
  parseWorkerConfig,
  workerManifest,
} from './worker-config.ts';
export {
  TASK_STATES,
  WORKER_STATES,
  WorkerStatusSchema,
  type WorkerProblem,
  type WorkerStatus,
  type WorkerTask,
  parseWorkerStatus,
} from './worker-status.ts';
export { type ManifestDocument, readManifests } from './manifests.ts';
