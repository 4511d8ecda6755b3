// The peers: built from bench/peers with Maven, once per machine and state of their sources.
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../../test/harness/cache.ts';
import { ensurePackages } from '../../test/harness/debian-packages.ts';
import { run } from '../../test/harness/exec.ts';

export type PeerName = 'flink' | 'kafka-streams';

const SOURCES = join(import.meta.dirname, '..', 'peers');
const MAIN_CLASS: Readonly<Record<PeerName, string>> = {
  flink: 'streamjob.bench.FlinkPeer',
  'kafka-streams': 'streamjob.bench.KafkaStreamsPeer',
};
/** With one core the other collectors lose; the figures are in docs/benchmarks.md. */
const HEAP = ['-Xms2g', '-Xmx2g', '-Xmn1g', '-XX:+UseSerialGC'];
/** What Flink's serializers need of a current JVM. */
const OPENED = ['util', 'lang', 'time', 'nio'].map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`);

/** The command line of a peer, without its flags. `folder` takes its temporary files. */
export async function peerCommand(peer: PeerName, folder: string): Promise<readonly string[]> {
  const built = await buildPeer(peer);
  return [
    'java',
    ...HEAP,
    ...OPENED,
    `-Djava.io.tmpdir=${folder}`,
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    `${join(built, peer, 'target', 'classes')}:${join(built, peer, 'target', 'libs', '*')}`,
    MAIN_CLASS[peer],
  ];
}

/** The folder with the built peer. */
export async function buildPeer(peer: PeerName): Promise<string> {
  await ensurePackages({ java: 'default-jre-headless' });
  const files = [...filesIn(join(SOURCES, 'common')), ...filesIn(join(SOURCES, peer))];
  return cached({
    name: `bench-${peer}`,
    inputs: files.flatMap((file) => [file.slice(SOURCES.length), readFileSync(file)]),
    build: async (folder) => {
      await ensurePackages({ mvn: 'maven', javac: 'default-jdk-headless' });
      process.stderr.write(`bench: building ${peer}\n`);
      for (const part of ['common', peer]) cpSync(join(SOURCES, part), join(folder, part), { recursive: true });
      await run('mvn', ['-q', '-B', 'package', '-DskipTests'], { cwd: join(folder, peer) });
    },
  });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .sort()
    .flatMap((path) => (statSync(path).isDirectory() ? filesIn(path) : [path]));
}
