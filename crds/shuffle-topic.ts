// Settings of the shuffle topic. Partials that nobody has read yet are in it alone: the broker must never delete them by age
// or size, and record timestamps are the broker's, since event times would make age meaningless.

/** The topic's configuration for a replication factor; every start compares it with the broker's and calls a difference Degraded. */
export function shuffleTopicConfig(replicationFactor: number): Readonly<Record<string, string>> {
  if (!Number.isInteger(replicationFactor) || replicationFactor < 1) {
    throw new RangeError(`replication factor must be ≥ 1; got ${replicationFactor}`);
  }
  return {
    'cleanup.policy': 'delete',
    'retention.ms': '-1',
    'retention.bytes': '-1',
    'segment.bytes': String(64 * 1024 * 1024),
    'min.insync.replicas': String(Math.min(2, replicationFactor)),
    'unclean.leader.election.enable': 'false',
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(1024 * 1024),
  };
}
