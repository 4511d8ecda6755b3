// Names of everything durable. All carry the job's incarnation, so that a job that is re-created, restored or rolled back
// can never pick up the offsets, partials or checkpoints of what it was before.

/** Names one incarnation: `<namespace>.<job>.<uid8>-<number>`. Legal as group id, topic name, transactional id and object key. */
export type IncarnationId = string;

export interface IncarnationParts {
  readonly namespace: string;
  /** A DNS label without dots, so that the dots of the id separate. */
  readonly job: string;
  /** The object's uid; only its first 8 letters and digits enter the id. */
  readonly uid: string;
  /** Rises with every fresh start and every start from a snapshot; from 1. */
  readonly number: number;
}

/** Kafka's limit of a topic name. */
const TOPIC_MAX_LENGTH = 249;

/**
 * The id of an incarnation.
 * @throws RangeError when a part would make the id ambiguous or illegal.
 */
export function incarnationId(parts: IncarnationParts): IncarnationId {
  const { namespace, job, uid, number } = parts;
  if (!isLabel(namespace)) throw new RangeError(`namespace must be a DNS label without dots; got "${namespace}"`);
  if (!isLabel(job)) throw new RangeError(`job name must be a DNS label without dots; got "${job}"`);
  const uid8 = uid
    .replace(/[^0-9a-zA-Z]/g, '')
    .slice(0, 8)
    .toLowerCase();
  if (uid8.length < 8) throw new RangeError(`uid must have at least 8 letters or digits; got "${uid}"`);
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`incarnation must be ≥ 1; got ${number}`);
  const id = `${namespace}.${job}.${uid8}-${number}`;
  if (shuffleTopic(id).length > TOPIC_MAX_LENGTH) throw new RangeError(`incarnation id is too long: "${id}"`);
  return id;
}

/** Consumer group of an incarnation: the id itself. */
export function groupId(incarnation: IncarnationId): string {
  return incarnation;
}

/** Shuffle topic: `<incarnation>-shuffle`. Letters, digits, dots and dashes only, no underscore: Kafka's metrics fold dots and underscores. */
export function shuffleTopic(incarnation: IncarnationId): string {
  return `${incarnation}-shuffle`;
}

/** Transactional id of one worker: `<incarnation>-<pod>`. */
export function transactionalId(incarnation: IncarnationId, pod: string): string {
  return `${incarnation}-${pod}`;
}

/** Folder of an incarnation below the storage's own prefix or path; ends in a slash. */
export function checkpointPrefix(incarnation: IncarnationId): string {
  return `${incarnation}/`;
}

/** What all incarnations of all jobs of this namespace and name begin with: finds retained state, and is an ACL prefix. */
export function jobPrefix(namespace: string, job: string): string {
  return `${namespace}.${job}.`;
}

function isLabel(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}
