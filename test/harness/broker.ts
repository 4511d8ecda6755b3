// A real Kafka broker for tests and demonstrations: the one named in KAFKA_BOOTSTRAP, else a container, else a JVM from Maven's jars.
import { Kafka, logLevel } from 'kafkajs';
import { dockerWorks } from './docker.ts';
import { type BrokerServer, dockerBroker, jarBroker } from './kafka/broker-server.ts';
import { freePorts, waitUntil } from './ports.ts';
import { reapLeftovers } from './processes.ts';

export interface BrokerOptions {
  /** An address of this machine that pods reach (`cluster.hostAddressForPods`): the broker listens there too. */
  readonly podAddress?: string;
  /** Broker settings on top of the harness's own, by Kafka's names. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Starts one of the harness's own also when `KAFKA_BOOTSTRAP` is set: for tests that crash it. Default false. */
  readonly own?: boolean;
  /** Largest heap of the JVM. Default 512. */
  readonly heapMb?: number;
}

export interface Broker extends AsyncDisposable {
  /** `host:port` for clients on this machine. */
  readonly bootstrapServers: string;
  /** `host:port` for pods; throws when the broker was started without `podAddress`. */
  readonly bootstrapServersForPods: string;
  /** The broker's process; undefined while it is down, or when it is not ours. */
  readonly pid: number | undefined;
  /** Crashes the broker (SIGKILL) and resolves when it is gone; its data stay. */
  kill(): Promise<void>;
  /** Ends the broker in order (SIGTERM); its data stay. */
  terminate(): Promise<void>;
  /** Starts it again on the same data and ports, after an orderly end if it runs. Resolves when it serves. */
  restart(): Promise<void>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const DOCKER_START_TIMEOUT_MS = 180_000;

/** Resolves when the broker answers, and has made its own topics for groups and transactions, so that no test waits for them. */
async function waitUntilServing(bootstrapServers: string, server: BrokerServer, timeoutMs: number): Promise<void> {
  const kafka = new Kafka({
    brokers: [bootstrapServers],
    logLevel: logLevel.NOTHING,
    clientId: 'harness',
    retry: { retries: 0 },
  });
  const check = (): void => server.assertRunning();
  await waitUntil(
    async () => {
      const admin = kafka.admin();
      try {
        await admin.connect();
        if ((await admin.describeCluster()).brokers.length === 0) return false;
        // Asking for any group's offsets makes the broker create the topic in which it keeps them.
        await admin.fetchOffsets({ groupId: 'harness-warm-up' });
        return true;
      } finally {
        await admin.disconnect();
      }
    },
    { timeoutMs, what: `an answer of the broker at ${bootstrapServers}`, check },
  );
  await waitUntil(
    async () => {
      const producer = kafka.producer({
        transactionalId: 'harness-warm-up',
        maxInFlightRequests: 1,
        retry: { retries: 1 },
      });
      try {
        await producer.connect();
        const transaction = await producer.transaction();
        await transaction.abort();
        return true;
      } finally {
        await producer.disconnect();
      }
    },
    { timeoutMs, what: `a transaction on the broker at ${bootstrapServers}`, check },
  );
}

function externalBroker(bootstrapServers: string): Broker {
  const refuse = (what: string) => async (): Promise<void> => {
    throw new Error(
      `cannot ${what} the broker: KAFKA_BOOTSTRAP=${bootstrapServers} names one that is not the harness's; ask for one with {own: true}`,
    );
  };
  const stop = async (): Promise<void> => undefined;
  return {
    bootstrapServers,
    bootstrapServersForPods: process.env['KAFKA_BOOTSTRAP_FOR_PODS'] ?? bootstrapServers,
    pid: undefined,
    kill: refuse('kill'),
    terminate: refuse('terminate'),
    restart: refuse('restart'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Starts a broker, or uses the one in `KAFKA_BOOTSTRAP`. Resolves when it serves groups and transactions. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const external = process.env['KAFKA_BOOTSTRAP'];
  if (external !== undefined && external !== '' && options.own !== true) return externalBroker(external);
  reapLeftovers();
  const [clientPort = 0, controllerPort = 0, podPort = 0] = await freePorts(3);
  const { podAddress } = options;
  const listeners = {
    clientPort,
    controllerPort,
    ...(podAddress === undefined ? {} : { pods: { address: podAddress, port: podPort } }),
  };
  const inDocker = await dockerWorks();
  const make = inDocker ? dockerBroker : jarBroker;
  const server = await make({ listeners, properties: options.properties ?? {}, heapMb: options.heapMb ?? 512 });
  const bootstrapServers = `127.0.0.1:${clientPort}`;
  const start = async (): Promise<void> => {
    await server.start();
    await waitUntilServing(bootstrapServers, server, inDocker ? DOCKER_START_TIMEOUT_MS : START_TIMEOUT_MS);
  };
  try {
    await start();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return {
    bootstrapServers,
    get bootstrapServersForPods() {
      if (podAddress === undefined)
        throw new Error('this broker has no listener for pods: start it with {podAddress: cluster.hostAddressForPods}');
      return `${podAddress}:${podPort}`;
    },
    get pid() {
      return server.pid();
    },
    kill: () => server.kill(),
    terminate: () => server.terminate(),
    async restart() {
      await server.terminate();
      await start();
    },
    stop: () => server.remove(),
    [Symbol.asyncDispose]: () => server.remove(),
  };
}
