// Group, kinds, labels, annotations and names of children: what the operator writes and others select by.

export const GROUP = 'streamjob.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;
export const KIND = 'StreamJob';
export const PLURAL = 'streamjobs';
export const SHORT_NAME = 'sj';

/** Owner of the fields that the operator applies on the server side. */
export const FIELD_MANAGER = 'streamjob-operator';
/** Keeps a deleted job until its Kafka objects and state are dealt with. */
export const FINALIZER = `${GROUP}/finalizer` as const;

export const LABEL_JOB = `${GROUP}/job` as const;
export const LABEL_PLAN_HASH = `${GROUP}/plan-hash` as const;
export const LABEL_INCARNATION = `${GROUP}/incarnation` as const;

export const ANNOTATION_PAUSE = `${GROUP}/pause-reconciliation` as const;
export const ANNOTATION_RESTART = `${GROUP}/restart` as const;
export const ANNOTATION_APPROVE = `${GROUP}/approve` as const;
export const ANNOTATION_REQUIRE_APPROVAL = `${GROUP}/require-approval` as const;

/** Name of a job's Deployment, ConfigMap and ServiceAccount. */
export function childName(job: string): string {
  return `${job}-worker`;
}

/** Labels that never change during the life of a job: selectors are made of them. */
export function selectorLabels(job: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'streamjob',
    'app.kubernetes.io/instance': job,
    'app.kubernetes.io/component': 'worker',
    [LABEL_JOB]: job,
  };
}

/** All labels of a child: the selector's, who manages it, and which plan and incarnation it runs. */
export function childLabels(job: string, plan: { planHash: string; incarnation: number }): Record<string, string> {
  return {
    ...selectorLabels(job),
    'app.kubernetes.io/managed-by': 'streamjob-operator',
    [LABEL_PLAN_HASH]: plan.planHash,
    [LABEL_INCARNATION]: String(plan.incarnation),
  };
}

/** A selector in the text form of the scale subresource: `a=b,c=d`, sorted. */
export function selectorText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(',');
}
