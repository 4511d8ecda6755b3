// A made-up clickstream, the same for the same options, and its producer (kafkajs: not the client that the runtime uses).
export { type Click, type Clickstream, type ClickstreamOptions, clickJson, clickstream } from './clickstream.ts';
export { keyPartitioner } from './key-partition.ts';
export { type ProduceOptions, type Produced, produceClicks } from './produce-clicks.ts';
