// Which requests the broker must understand, and in which version we speak each one. Asked once per connection, because
// during a rolling upgrade the brokers of a cluster differ.
import { BrokerError, type ErrorCode } from '../broker.ts';
import { errorName } from './error-codes.ts';
import type { RequestSpec } from './request-spec.ts';
import { deleteRecords } from './requests/delete-records.ts';
import { fetch } from './requests/fetch.ts';
import { findCoordinator } from './requests/find-coordinator.ts';
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './requests/groups.ts';
import { listOffsets } from './requests/list-offsets.ts';
import { metadata } from './requests/metadata.ts';
import { offsetFetch } from './requests/offset-fetch.ts';
import { offsetForLeaderEpoch } from './requests/offset-for-leader-epoch.ts';
import { produce } from './requests/produce.ts';
import { createTopics, describeConfigs } from './requests/topics.ts';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  initProducerId,
  txnOffsetCommit,
} from './requests/transactions.ts';

type Requirement = Pick<RequestSpec<never, unknown>, 'name' | 'apiKey' | 'versions'>;

export interface OfferedVersions {
  readonly apiKey: number;
  readonly min: number;
  readonly max: number;
}

export const REQUIRED: readonly Requirement[] = [
  metadata,
  findCoordinator,
  listOffsets,
  fetch,
  produce,
  initProducerId,
  addPartitionsToTxn,
  addOffsetsToTxn,
  txnOffsetCommit,
  endTxn,
  offsetFetch,
  joinGroup,
  syncGroup,
  heartbeat,
  leaveGroup,
];

/** Nice to have: without them a request answers UNSUPPORTED_VERSION, and the job goes on. */
const OPTIONAL: readonly Requirement[] = [deleteRecords, offsetForLeaderEpoch, createTopics, describeConfigs];

/** v0: every broker understands it. */
export const apiVersions: RequestSpec<null, { error: ErrorCode; apis: readonly OfferedVersions[] }> = {
  name: 'ApiVersions',
  apiKey: 18,
  versions: [0, 0],
  write: () => undefined,
  read: (reader) => {
    const error = errorName(reader.readInt16());
    const apis = reader.readArray(
      (r) => ({ apiKey: r.readInt16(), min: r.readInt16(), max: r.readInt16() }),
      false,
      false,
    );
    return { error, apis };
  },
};

/**
 * The version to speak for each request, by API key: the highest that both sides know.
 * Throws `BrokerError` UNSUPPORTED_VERSION that names every required API the broker lacks, what is needed and what it offers.
 */
export function negotiateVersions(offered: readonly OfferedVersions[], address: string): ReadonlyMap<number, number> {
  const byKey = new Map(offered.map((each) => [each.apiKey, each]));
  const chosen = new Map<number, number>();
  const lacking: string[] = [];
  for (const { name, apiKey, versions } of [...REQUIRED, ...OPTIONAL]) {
    const [min, max] = versions;
    const offer = byKey.get(apiKey);
    const version = Math.min(max, offer?.max ?? -1);
    if (offer !== undefined && version >= min && version >= offer.min) {
      chosen.set(apiKey, version);
    } else if (REQUIRED.some((each) => each.apiKey === apiKey)) {
      const needed = min === max ? `v${min}` : `v${min} to v${max}`;
      lacking.push(`${name} ${needed} (offered: ${offer === undefined ? 'none' : `v${offer.min} to v${offer.max}`})`);
    }
  }
  if (lacking.length > 0) {
    throw new BrokerError(
      'UNSUPPORTED_VERSION',
      `the broker at ${address} lacks what exactly-once processing needs: ${lacking.join(', ')}. Use Kafka 3.3 or later`,
    );
  }
  return chosen;
}
