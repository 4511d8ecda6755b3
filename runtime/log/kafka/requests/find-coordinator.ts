// FindCoordinator v4: which broker keeps a group or a transactional id.
import type { ErrorCode } from '../../broker.ts';
import { errorName, NOT_ANSWERED } from '../error-codes.ts';
import { type RequestSpec, skipThrottleTime } from '../request-spec.ts';
import type { BrokerAddress } from './metadata.ts';

export type CoordinatorKind = 'group' | 'transaction';

export interface FoundCoordinator {
  readonly error: ErrorCode;
  readonly address: BrokerAddress;
}

const KEY_TYPES: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1 };

export const findCoordinator: RequestSpec<{ kind: CoordinatorKind; key: string }, FoundCoordinator> = {
  name: 'FindCoordinator',
  apiKey: 10,
  versions: [4, 4],
  write: (writer, { kind, key }) => {
    writer
      .appendInt8(KEY_TYPES[kind])
      .appendArray([key], (w, each) => w.appendString(each), true, false)
      .appendTaggedFields();
  },
  read: (reader) => {
    skipThrottleTime(reader);
    const [found] = reader.readArray((r) => {
      r.readString(); // key
      r.readInt32(); // node id
      const address: BrokerAddress = { host: r.readString(), port: r.readInt32() };
      const error = errorName(r.readInt16());
      r.readNullableString(); // message
      return { error, address };
    });
    return found ?? { error: NOT_ANSWERED, address: { host: '', port: 0 } };
  },
};
