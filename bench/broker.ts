// The broker of the race: one that keeps its topics between runs, so that data are made once per machine. Only one race at a time.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { cacheRoot, contentHash } from '../test/harness/cache.ts';
import { holdFileLock } from '../test/harness/file-lock.ts';
import { kafkaFiles, kafkaVersion, newLogFolder } from '../test/harness/kafka/broker-jars.ts';
import { listenerProperties, propertiesFile, TEST_PROPERTIES } from '../test/harness/kafka/broker-properties.ts';
import { freePorts, waitUntil } from '../test/harness/ports.ts';
import { describeFailure, type ManagedProcess, reapLeftovers, startProcess } from '../test/harness/processes.ts';
import type { Pinning } from './measure/pinning.ts';

export interface RaceBroker extends AsyncDisposable {
  readonly bootstrapServers: string;
}

const START_TIMEOUT_MS = 120_000;
const STOP_GRACE_MS = 30_000;
const PROPERTIES: Readonly<Record<string, string>> = {
  ...TEST_PROPERTIES,
  'log.segment.bytes': String(512 * 1024 * 1024),
  // What a run has written goes at once when its topics are deleted.
  'log.segment.delete.delay.ms': '1000',
};
/** No limit to the compiler: the broker is the same for all, and should not be what they wait for. */
const JVM_FLAGS = ['-Xms1g', '-Xmx1g', '-XX:+UseSerialGC', '-Djava.awt.headless=true'];
const LOG_FLAG = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';

/** Starts it on its core; resolves when it serves. Waits until another race on this machine is over. */
export async function startRaceBroker(pinning: Pinning): Promise<RaceBroker> {
  const { classPath, formattedLogs } = await kafkaFiles();
  const folder = join(cacheRoot(), 'bench', `broker-${contentHash([kafkaVersion(), JSON.stringify(PROPERTIES)])}`);
  mkdirSync(folder, { recursive: true });
  const lock = join(cacheRoot(), 'locks', 'bench.lock');
  const notice = setTimeout(() => process.stderr.write('bench: waiting for another run on this machine\n'), 1000);
  const release = await holdFileLock(lock);
  clearTimeout(notice);
  reapLeftovers();
  const logs = join(folder, 'logs');
  if (!existsSync(logs)) newLogFolder(formattedLogs, logs);
  const [clientPort = 0, controllerPort = 0] = await freePorts(2);
  const config = join(folder, 'server.properties');
  writeFileSync(
    config,
    propertiesFile({ ...PROPERTIES, ...listenerProperties({ clientPort, controllerPort }), 'log.dirs': logs }),
  );
  const logPath = join(folder, 'broker.log');
  rmSync(logPath, { force: true });
  const [command = 'java', ...args] = pinning.others([
    'java',
    ...JVM_FLAGS,
    LOG_FLAG,
    '-cp',
    classPath,
    'kafka.Kafka',
    config,
  ]);
  const jvm = await startProcess({ name: 'broker of the race', command, args, logPath, cwd: folder });
  const bootstrapServers = `127.0.0.1:${clientPort}`;
  const stop = async (): Promise<void> => {
    await jvm.stop(STOP_GRACE_MS);
    release();
  };
  try {
    await waitUntilServing(bootstrapServers, jvm);
  } catch (error) {
    await stop();
    throw error;
  }
  return { bootstrapServers, [Symbol.asyncDispose]: stop };
}

async function waitUntilServing(bootstrapServers: string, jvm: ManagedProcess): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  await waitUntil(
    async () => {
      const admin = kafka.admin();
      try {
        await admin.connect();
        if ((await admin.describeCluster()).brokers.length === 0) return false;
        await admin.fetchOffsets({ groupId: 'bench-warm-up' });
        return true;
      } finally {
        await admin.disconnect();
      }
    },
    {
      timeoutMs: START_TIMEOUT_MS,
      what: `an answer of the broker at ${bootstrapServers}`,
      check: () => {
        if (!jvm.running()) throw new Error(describeFailure(jvm, 'the broker ended by itself'));
      },
    },
  );
}
