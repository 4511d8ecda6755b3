// Fetches and builds ahead what tests need for the first time on a machine, so that it does not count as their time: `prepare.ts integration | e2e`.
import { prepareLocalCluster } from './cluster/local-cluster.ts';
import { ensurePackages } from './debian-packages.ts';
import { dockerWorks } from './docker.ts';
import { kafkaFiles } from './kafka/broker-jars.ts';
import { weedBinary } from './s3/weed-binary.ts';

const isSet = (variable: string): boolean => (process.env[variable] ?? '') !== '';

async function prepareIntegration(): Promise<void> {
  await ensurePackages({ kcat: 'kcat' });
  // Tests that crash a server start their own, also when the others are to use one that is there.
  if (!(await dockerWorks())) await kafkaFiles();
  await weedBinary();
}

async function prepareE2e(): Promise<void> {
  await prepareIntegration();
  if (!isSet('KUBECONFIG') && !(await dockerWorks())) await prepareLocalCluster();
}

const [kind] = process.argv.slice(2);
if (kind === 'integration') await prepareIntegration();
else if (kind === 'e2e') await prepareE2e();
else {
  process.stderr.write('usage: prepare.ts integration | e2e\n');
  process.exitCode = 2;
}
