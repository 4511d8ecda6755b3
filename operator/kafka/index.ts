// The seam to Kafka's administration.
export { AdminCache, type KafkaAdmins } from './admin-cache.ts';
export {
  ClusterAdmin,
  type Eviction,
  type GroupMember,
  type KafkaAdmin,
  type NewTopic,
  type TopicAnswer,
} from './admin.ts';
export { KafkaError, type KafkaErrorCode } from './kafka-error.ts';
