// The classic group protocol with static members.
import { asBuffer } from '../../batch/index.ts';
import type { ErrorCode, GroupStamp, JoinRequest, JoinResponse, SyncRequest } from '../../broker.ts';
import { errorName } from '../error-codes.ts';
import { instanceIdOf, type RequestSpec, skipThrottleTime } from '../request-spec.ts';

/** v6 is the first of the compact encoding, v8 has a reason, v9 tells the leader to skip the assignment. */
export const joinGroup: RequestSpec<JoinRequest, JoinResponse> = {
  name: 'JoinGroup',
  apiKey: 11,
  versions: [6, 9],
  write: (writer, request, version) => {
    writer
      .appendString(request.groupId)
      .appendInt32(request.sessionTimeoutMs)
      .appendInt32(request.rebalanceTimeoutMs)
      .appendString(request.memberId)
      .appendString(instanceIdOf(request))
      .appendString(request.protocolType)
      .appendArray([...request.protocols], (w, protocol) => {
        w.appendString(protocol.name).appendBytes(asBuffer(protocol.metadata));
      });
    if (version >= 8) writer.appendString(request.reason);
    writer.appendTaggedFields();
  },
  read: (reader, version) => {
    skipThrottleTime(reader);
    const error = errorName(reader.readInt16());
    const generation = reader.readInt32();
    if (version >= 7) reader.readNullableString(); // protocol type
    const protocolName = reader.readNullableString();
    const leaderId = reader.readString();
    const skipAssignment = version >= 9 ? reader.readBoolean() : false;
    const memberId = reader.readString();
    const members = reader.readArray((r) => ({
      memberId: r.readString(),
      instanceId: r.readNullableString(),
      metadata: r.readBytes(),
    }));
    return { error, generation, memberId, leaderId, protocolName, skipAssignment, members };
  },
};

export const syncGroup: RequestSpec<SyncRequest, { error: ErrorCode; assignment: Uint8Array }> = {
  name: 'SyncGroup',
  apiKey: 14,
  versions: [5, 5],
  write: (writer, request) => {
    writer
      .appendString(request.groupId)
      .appendInt32(request.generation)
      .appendString(request.memberId)
      .appendString(instanceIdOf(request))
      .appendString(request.protocolType)
      .appendString(request.protocolName)
      .appendArray([...request.assignments], (w, { memberId, assignment }) => {
        w.appendString(memberId).appendBytes(asBuffer(assignment));
      })
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    const error = errorName(reader.readInt16());
    reader.readNullableString(); // protocol type
    reader.readNullableString(); // protocol name
    return { error, assignment: reader.readBytes() };
  },
};

export const heartbeat: RequestSpec<GroupStamp, { error: ErrorCode }> = {
  name: 'Heartbeat',
  apiKey: 12,
  versions: [4, 4],
  write: (writer, stamp) => {
    writer
      .appendString(stamp.groupId)
      .appendInt32(stamp.generation)
      .appendString(stamp.memberId)
      .appendString(instanceIdOf(stamp))
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    return { error: errorName(reader.readInt16()) };
  },
};

export interface LeaveGroupBody {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string;
  readonly reason: string;
}

/** v5 has a reason. The error is that of the request or, without one, that of the only member named. */
export const leaveGroup: RequestSpec<LeaveGroupBody, { error: ErrorCode }> = {
  name: 'LeaveGroup',
  apiKey: 13,
  versions: [4, 5],
  write: (writer, request, version) => {
    writer
      .appendString(request.groupId)
      .appendArray([request], (w, member) => {
        w.appendString(member.memberId).appendString(instanceIdOf(member));
        if (version >= 5) w.appendString(member.reason);
      })
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    const error = errorName(reader.readInt16());
    const members = reader.readArray((r) => {
      r.readString(); // member id
      r.readNullableString(); // instance id
      return errorName(r.readInt16());
    });
    return { error: error === 'NONE' ? (members.find((each) => each !== 'NONE') ?? 'NONE') : error };
  },
};
