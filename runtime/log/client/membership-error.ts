// What an error code of the group coordinator means to a member, and the errors that end its membership for good.
import type { ErrorCode } from '../broker.ts';
import { isAuthorizationFailure, isRetriable } from './error-codes.ts';

/**
 * - `planMismatch`: the group runs another plan (W11).
 * - `instanceFenced`: another process has joined with our instance id.
 * - `notAuthorized`, `refused`: the cluster does not let us in.
 */
export type GroupMemberErrorKind = 'planMismatch' | 'instanceFenced' | 'notAuthorized' | 'refused';

export class GroupMemberError extends Error {
  readonly kind: GroupMemberErrorKind;
  readonly code: ErrorCode;
  readonly retryable = false;

  constructor(kind: GroupMemberErrorKind, code: ErrorCode, message: string) {
    super(message);
    this.name = 'GroupMemberError';
    this.kind = kind;
    this.code = code;
  }
}

/** What to do next: nothing, ask again, join the next generation, or begin anew as a stranger. */
export type MembershipVerdict = 'ok' | 'again' | 'rejoin' | 'lost';

export interface MembershipContext {
  readonly groupId: string;
  readonly instanceId: string;
  readonly protocolName: string;
}

/** Throws GroupMemberError for what ends the membership. */
export function membershipVerdict(request: string, error: ErrorCode, context: MembershipContext): MembershipVerdict {
  const { groupId, instanceId, protocolName } = context;
  switch (error) {
    case 'NONE':
      return 'ok';
    case 'REBALANCE_IN_PROGRESS':
    case 'ILLEGAL_GENERATION':
      return 'rejoin';
    case 'UNKNOWN_MEMBER_ID':
      return 'lost';
    case 'FENCED_INSTANCE_ID':
      throw new GroupMemberError(
        'instanceFenced',
        error,
        `another process has joined group ${groupId} as instance ${instanceId}; only the newest one may go on`,
      );
    case 'INCONSISTENT_GROUP_PROTOCOL':
      throw new GroupMemberError(
        'planMismatch',
        error,
        `group ${groupId} has members of another plan; this worker runs ${protocolName}`,
      );
    default:
  }
  // The coordinator's own trouble passes; it is shown while it lasts.
  if (isRetriable(error) || error === 'UNKNOWN_SERVER_ERROR') return 'again';
  const kind = isAuthorizationFailure(error) ? 'notAuthorized' : 'refused';
  throw new GroupMemberError(kind, error, `${request} of group ${groupId} as instance ${instanceId}: ${error}`);
}
