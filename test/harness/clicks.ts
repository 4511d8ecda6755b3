// The clickstream of tests, and the oracle that says what a job over it must have written.
export {
  type Click,
  type Clickstream,
  type ClickstreamOptions,
  clickJson,
  clickstream,
  keyPartitioner,
  type ProduceOptions,
  type Produced,
  produceClicks,
} from '../../cli/clickstream/index.ts';
export { type Comparison, compareRows, type ResultRow } from './clicks/compare-rows.ts';
export { type Gap, longestGap } from './clicks/longest-gap.ts';
export { type OracleJob, oracle } from './clicks/oracle.ts';
