// Kafka without Docker: its jars from Maven Central, and a formatted log folder to copy for each new broker.
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { ensurePackages, findProgram } from '../debian-packages.ts';
import { run } from '../exec.ts';
import { listenerProperties, propertiesFile, TEST_PROPERTIES } from './broker-properties.ts';

const POM = join(import.meta.dirname, 'pom.xml');
const FORMAT_VERSION = '1';

/** Flags for a JVM that lives for seconds: little memory, a quick start rather than peak speed. */
export const JVM_FLAGS: readonly string[] = [
  '-Xshare:auto',
  '-XX:+UseSerialGC',
  '-Djava.awt.headless=true',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
];

export interface KafkaFiles {
  /** Value of Java's `-cp`. */
  readonly classPath: string;
  /** A formatted, never used log folder. */
  readonly formattedLogs: string;
}

async function buildKafka(folder: string): Promise<void> {
  await ensurePackages({ java: 'default-jre-headless', mvn: 'maven' });
  const jars = join(folder, 'jars');
  await run('mvn', [
    '-q',
    '-B',
    '-f',
    POM,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${jars}`,
  ]);
  const properties = join(folder, 'format.properties');
  const logs = join(folder, 'formatted');
  mkdirSync(logs);
  writeFileSync(
    properties,
    propertiesFile({
      ...TEST_PROPERTIES,
      ...listenerProperties({ clientPort: 9092, controllerPort: 9093 }),
      'log.dirs': logs,
    }),
  );
  const format = ['kafka.tools.StorageTool', 'format', '--config', properties, '--cluster-id', newKafkaId()];
  await run('java', [...JVM_FLAGS, '-cp', join(jars, '*'), ...format]);
  rmSync(properties);
}

/** The release of Kafka that the tests run, in a container too. */
export function kafkaVersion(): string {
  const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(readFileSync(POM, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${POM} names no kafka.version`);
  return version;
}

/** Kafka's jars and a formatted log folder, fetched and made once per release and machine. */
export async function kafkaFiles(): Promise<KafkaFiles> {
  if (findProgram('java') === null) await ensurePackages({ java: 'default-jre-headless' });
  const folder = await cached({ name: 'kafka', inputs: [FORMAT_VERSION, readFileSync(POM)], build: buildKafka });
  return { classPath: join(folder, 'jars', '*'), formattedLogs: join(folder, 'formatted') };
}

/** A random id in Kafka's way: 16 bytes as base64url. It must not start with a dash, which command lines would take for an option. */
function newKafkaId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newKafkaId() : id;
}

/** Makes `folder` the log folder of a new cluster with its own id. */
export function newLogFolder(formattedLogs: string, folder: string): void {
  cpSync(formattedLogs, folder, { recursive: true });
  const path = join(folder, 'meta.properties');
  const meta = readFileSync(path, 'utf8')
    .replace(/^cluster\.id=.*$/m, `cluster.id=${newKafkaId()}`)
    .replace(/^directory\.id=.*$/m, `directory.id=${newKafkaId()}`);
  writeFileSync(path, meta);
}
