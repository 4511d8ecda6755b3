// What stops or hinders a worker, in the words of the contract: reported in /status, in the log, and by the operator as a condition.
import type { ProblemReason } from '../../crds/index.ts';

export interface ProblemDetails {
  readonly reason: ProblemReason;
  /** What failed, which rule, the current value. */
  readonly message: string;
  /** What a person can do. */
  readonly userAction?: string;
  readonly task?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
}

/** Ends the worker's run: nothing that it does by itself can help. Everything before it has been or will be committed. */
export class FatalProblem extends Error {
  readonly details: ProblemDetails;
  constructor(details: ProblemDetails, options: { cause?: unknown } = {}) {
    super(details.message, options);
    this.name = 'FatalProblem';
    this.details = details;
  }
}

/** The committed state belongs to another plan: this worker must not go on (exit code 78). */
export class PlanMismatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PlanMismatch';
  }
}
