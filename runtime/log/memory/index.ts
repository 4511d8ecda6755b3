// The embedded log, for `streamjob test`, the simulator, the embedded mode and tests.
export type { BrokerApi, Intercept, InterceptedRequest, MemoryBrokerOptions } from './memory-broker.ts';
export { MemoryCluster, type MemoryClusterOptions } from './memory-cluster.ts';
export type { Isolation, LogRow, NewRecord } from './read-log.ts';
export { seededRandom } from './seeded-random.ts';
export type { NewTopic } from './topics.ts';
export type { TransactionState } from './transaction-coordinator.ts';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
