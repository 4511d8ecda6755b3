// What the Kubernetes API answered when it did not do what was asked, as a closed set of codes to act on.

export type KubeErrorCode =
  | 'NotFound'
  | 'AlreadyExists'
  /** A precondition (resourceVersion, uid) did not hold, or another manager owns the field. */
  | 'Conflict'
  /** The resource version or continue token is too old: list anew. */
  | 'Gone'
  | 'Forbidden'
  | 'Unauthorized'
  /** The object breaks the schema or a rule of the server. */
  | 'Invalid'
  | 'TooManyRequests'
  /** The server failed, or answered with something that is not Kubernetes. */
  | 'ServerError'
  /** No answer: connection refused, reset, or timed out. */
  | 'Unreachable';

const RETRYABLE: ReadonlySet<KubeErrorCode> = new Set([
  'Conflict',
  'Gone',
  'TooManyRequests',
  'ServerError',
  'Unreachable',
]);

export class KubeApiError extends Error {
  readonly code: KubeErrorCode;
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  readonly retryable: boolean;

  constructor(code: KubeErrorCode, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'KubeApiError';
    this.code = code;
    this.status = options.status ?? 0;
    this.retryable = RETRYABLE.has(code);
  }
}

export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeApiError {
  return error instanceof KubeApiError && (codes.length === 0 || codes.includes(error.code));
}

/** The error for an answer with a failing status; `body` is the parsed answer, a Kubernetes `Status` when all is well. */
export function errorOfAnswer(what: string, status: number, body: unknown): KubeApiError {
  const answer = (typeof body === 'object' && body !== null ? body : {}) as { message?: unknown; reason?: unknown };
  const reason = typeof answer.reason === 'string' ? answer.reason : '';
  const text = typeof answer.message === 'string' ? answer.message : `HTTP ${status}`;
  return new KubeApiError(codeOf(status, reason), `${what} failed: ${text}`, { status });
}

function codeOf(status: number, reason: string): KubeErrorCode {
  switch (status) {
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'NotFound';
    case 409:
      return reason === 'AlreadyExists' ? 'AlreadyExists' : 'Conflict';
    case 410:
      return 'Gone';
    case 400:
    case 415:
    case 422:
      return 'Invalid';
    case 429:
      return 'TooManyRequests';
    default:
      return 'ServerError';
  }
}
