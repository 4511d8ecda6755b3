// The life of a job as `status.phase` shows it: a closed list, in the order in which a job usually goes through it.

export const PHASES = [
  'Pending',
  'Starting',
  'Running',
  'Suspending',
  'Suspended',
  'Upgrading',
  'RollingBack',
  'Rescaling',
  'Restoring',
  'Failed',
  'Deleting',
] as const;

export type Phase = (typeof PHASES)[number];
