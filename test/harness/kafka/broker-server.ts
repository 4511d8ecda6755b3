// One broker that can be started, ended and started again on the same data: as a JVM on this machine, or as a container.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../exec.ts';
import { atExit } from '../exit-hooks.ts';
import { describeFailure, type ManagedProcess, startProcess } from '../processes.ts';
import { JVM_FLAGS, kafkaFiles, kafkaVersion, newLogFolder } from './broker-jars.ts';
import {
  containerEnvironment,
  type Listeners,
  listenerProperties,
  propertiesFile,
  TEST_PROPERTIES,
} from './broker-properties.ts';

export interface BrokerServer {
  /** The broker's process id; undefined while it does not run. */
  pid(): number | undefined;
  start(): Promise<void>;
  /** SIGTERM and wait: the broker shuts down in order. */
  terminate(): Promise<void>;
  /** SIGKILL and wait: the broker crashes. Its data stay. */
  kill(): Promise<void>;
  /** Throws, with the end of its log, when it has ended although it should run. */
  assertRunning(): void;
  /** Kills it and removes its data. */
  remove(): Promise<void>;
}

export interface BrokerServerOptions {
  readonly listeners: Listeners;
  readonly properties: Readonly<Record<string, string>>;
  readonly heapMb: number;
}

const TERMINATE_GRACE_MS = 20_000;

/** A broker from Kafka's jars, in a JVM on this machine. */
export async function jarBroker(options: BrokerServerOptions): Promise<BrokerServer> {
  const files = await kafkaFiles();
  const folder = mkdtempSync(join(tmpdir(), 'streamjob-kafka-'));
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const logs = join(folder, 'logs');
  newLogFolder(files.formattedLogs, logs);
  const config = join(folder, 'server.properties');
  const properties = {
    ...TEST_PROPERTIES,
    ...options.properties,
    ...listenerProperties(options.listeners),
    'log.dirs': logs,
  };
  writeFileSync(config, propertiesFile(properties));
  let jvm: ManagedProcess | undefined;
  return {
    pid: () => (jvm?.running() === true ? jvm.pid : undefined),
    async start() {
      jvm = await startProcess({
        name: `Kafka broker on port ${options.listeners.clientPort}`,
        command: 'java',
        args: [`-Xmx${options.heapMb}m`, '-Xms128m', ...JVM_FLAGS, '-cp', files.classPath, 'kafka.Kafka', config],
        logPath: join(folder, 'broker.log'),
        cwd: folder,
        ownPaths: [folder],
      });
    },
    terminate: async () => jvm?.stop(TERMINATE_GRACE_MS),
    kill: async () => jvm?.stop(0),
    assertRunning() {
      if (jvm !== undefined && !jvm.running()) throw new Error(describeFailure(jvm, 'the broker ended by itself'));
    },
    async remove() {
      await jvm?.stop(0);
      rmSync(folder, { recursive: true, force: true });
      forget();
    },
  };
}

/** A broker in a container of Kafka's own image. */
export async function dockerBroker(options: BrokerServerOptions): Promise<BrokerServer> {
  const { listeners } = options;
  const name = `streamjob-kafka-${randomBytes(4).toString('hex')}`;
  const properties = {
    ...TEST_PROPERTIES,
    ...options.properties,
    ...listenerProperties({ ...listeners, bindAddress: '0.0.0.0' }),
    'log.dirs': '/tmp/kraft-logs',
  };
  const environment = { ...containerEnvironment(properties), KAFKA_HEAP_OPTS: `-Xmx${options.heapMb}m -Xms128m` };
  const published = [`127.0.0.1:${listeners.clientPort}:${listeners.clientPort}`];
  if (listeners.pods !== undefined)
    published.push(`${listeners.pods.address}:${listeners.pods.port}:${listeners.pods.port}`);
  await run('docker', [
    'create',
    `--name=${name}`,
    '--label=streamjob-test-harness',
    ...published.map((mapping) => `--publish=${mapping}`),
    ...Object.entries(environment).map(([key, value]) => `--env=${key}=${value}`),
    `apache/kafka:${kafkaVersion()}`,
  ]);
  let pid: number | undefined;
  const inspect = async (field: string): Promise<string> =>
    (await run('docker', ['inspect', `--format={{.State.${field}}}`, name])).stdout.trim();
  return {
    pid: () => pid,
    async start() {
      await run('docker', ['start', name]);
      pid = Number(await inspect('Pid'));
    },
    async terminate() {
      await run('docker', ['stop', `--time=${TERMINATE_GRACE_MS / 1000}`, name]);
      pid = undefined;
    },
    async kill() {
      if (pid !== undefined) await run('docker', ['kill', name]);
      pid = undefined;
    },
    assertRunning: () => undefined,
    async remove() {
      await run('docker', ['rm', '--force', '--volumes', name]);
      pid = undefined;
    },
  };
}
