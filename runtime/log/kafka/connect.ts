// Puts the parts of the adapter together and makes sure, before anything depends on it, that the cluster can be reached and
// speaks what we need.
import type { Broker } from '../broker.ts';
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import { parseBootstrapServers } from './addresses.ts';
import { KafkaAdmin } from './admin.ts';
import { Cluster } from './cluster.ts';
import { ConnectionPool } from './connection-pool.ts';
import { Coordinators } from './coordinators.ts';
import { KafkaBroker } from './kafka-broker.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

export interface KafkaOptions {
  /** `host:port[,host:port…]`. */
  readonly bootstrapServers: string;
  /** Shown in the broker's logs and metrics. */
  readonly clientId: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How long an answer may take before the outcome counts as unknown; long polls and joins add what they allow the broker. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** Default 5 s. */
  readonly connectTimeoutMs?: number;
}

interface Parts {
  readonly pool: ConnectionPool;
  readonly cluster: Cluster;
  readonly coordinators: Coordinators;
  readonly requestTimeoutMs: number;
}

/**
 * Rejects with BrokerError UNREACHABLE (the addresses tried and why are in the message) or UNSUPPORTED_VERSION (the API, what
 * is needed and what is offered). Not retried here: the caller decides how long to wait for Kafka.
 */
export async function connectKafka(options: KafkaOptions): Promise<Broker> {
  return new KafkaBroker(await connectParts(options));
}

/** Errors as `connectKafka`. */
export async function connectKafkaAdmin(options: KafkaOptions): Promise<KafkaAdmin> {
  return new KafkaAdmin(await connectParts(options));
}

async function connectParts(options: KafkaOptions): Promise<Parts> {
  const { clientId, clock, random } = options;
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const bootstrap = parseBootstrapServers(options.bootstrapServers);
  const pool = new ConnectionPool({
    clientId,
    clock,
    random,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  });
  const cluster = new Cluster(pool, bootstrap, requestTimeoutMs);
  try {
    await cluster.refresh([]);
  } catch (error) {
    await pool.close();
    throw error;
  }
  const coordinators = new Coordinators({ pool, cluster, clock, random, findTimeoutMs: requestTimeoutMs });
  return { pool, cluster, coordinators, requestTimeoutMs };
}
