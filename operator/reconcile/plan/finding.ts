// What is in a job's way, found by comparing what is with what shall be. Findings become conditions, Events and `why`.
import type { ProblemReason } from '../../../crds/index.ts';

export interface Finding {
  /** stalled: nothing goes on without somebody's help. degraded: it runs, but not as it should. */
  readonly severity: 'stalled' | 'degraded';
  readonly reason: ProblemReason;
  /** What is wrong, with the value; ends without a full stop only when a broker's or kubelet's text ends it. */
  readonly message: string;
  /** What has to happen. */
  readonly waitingFor?: string;
  readonly userAction: string;
  /** The job has stopped for good: the phase is Failed. */
  readonly terminal?: boolean;
  /** It must not be started (or created) while this holds. */
  readonly blocksStart?: boolean;
}

/** The worst first; within a severity the order of finding, which goes from cause to consequence. */
export function worst(findings: readonly Finding[], severity: Finding['severity']): Finding | null {
  return findings.find((finding) => finding.severity === severity) ?? null;
}
