// One table of sentences about a Kafka broker. Every adapter of the log port runs it: the embedded log is faithful exactly as far
// as it says the same as a real cluster here.
import type { BrokerCase } from './broker/context.ts';
import { groupCases } from './broker/group.cases.ts';
import { logCases } from './broker/log.cases.ts';
import { offsetCases } from './broker/offset.cases.ts';
import { transactionCases } from './broker/transaction.cases.ts';

export type { BrokerCase, BrokerContext } from './broker/context.ts';

export const brokerCases: readonly BrokerCase[] = [...logCases, ...transactionCases, ...offsetCases, ...groupCases];
