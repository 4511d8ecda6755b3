// The one thing a group coordinator reads in its members' metadata: which topics a "consumer" group subscribes to. Offsets of
// these do not expire while the group is stable.
import type { Group } from './group.ts';

/** Topics of all members, null when the group is no consumer group or some metadata is no ConsumerProtocol subscription. */
export function parseSubscribedTopics(group: Group): ReadonlySet<string> | null {
  if (group.protocolType !== 'consumer' || group.members.size === 0) return null;
  const topics = new Set<string>();
  for (const { metadata } of group.describeMembers()) {
    const subscribed = subscriptionTopics(metadata);
    if (subscribed === null) return null;
    for (const topic of subscribed) topics.add(topic);
  }
  return topics;
}

/** Layout: version int16, topics as array (int32) of strings (int16 length). */
function subscriptionTopics(metadata: Uint8Array): string[] | null {
  const bytes = Buffer.from(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  if (bytes.length < 6 || bytes.readInt16BE(0) < 0) return null;
  const topics: string[] = [];
  let at = 6;
  for (let left = bytes.readInt32BE(2); left > 0; left--) {
    if (at + 2 > bytes.length) return null;
    const end = at + 2 + bytes.readInt16BE(at);
    if (end < at + 2 || end > bytes.length) return null;
    topics.push(bytes.toString('utf8', at + 2, end));
    at = end;
  }
  return topics;
}
