// The whole product on a real cluster, with a real Kafka and a real S3 server. The parts are in the cases files beside this one; they share
// one cluster with one operator, as the jobs of a company do.
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { badInput } from './bad-input.cases.ts';
import { type Environment, startEnvironment } from './environment.ts';
import { sightOf } from './kubectl.ts';
import { mainJob } from './main-job.cases.ts';
import { operatorAtWork } from './operator.cases.ts';

let started: Environment | undefined;

function environment(): Environment {
  if (started === undefined) throw new Error('the cluster of these tests has not been started');
  return started;
}

beforeAll(async () => {
  started = await startEnvironment();
});

// What a person would look at first.
beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    process.stdout.write(await sightOf(environment().cluster));
  });
});

afterAll(async () => {
  await started?.[Symbol.asyncDispose]();
});

mainJob(environment);
operatorAtWork(environment);
badInput(environment);
