// The log port on a real Kafka cluster.
export { KafkaAdmin, type NewTopic } from './admin.ts';
export { connectKafka, connectKafkaAdmin, type KafkaOptions } from './connect.ts';
export { ensureTopic, type EnsureTopicOptions } from './ensure-topic.ts';
export { KafkaBroker } from './kafka-broker.ts';
export type { ErrorWithMessage, TopicConfigs } from './requests/topics.ts';
