// The client layer of the log, the only door to it.
export type {
  ClientParts,
  GroupAssignment,
  GroupMemberEvents,
  GroupMemberOptions,
  LogReaderOptions,
  Ownership,
  OwnershipMap,
  ReaderChunk,
  ReaderFailure,
  ReaderItem,
  TopicPartitionCount,
} from './types.ts';
