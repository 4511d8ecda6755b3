import { expect, test } from 'vitest';
import { parseWorkerConfig } from '../../../crds/index.ts';
import { childrenOf, edited, job, spec } from '../../testing/job-fixtures.ts';
import { isMounted } from './pod-template.ts';

test('the Deployment of a worker, with all that keeps it small and safe', () => {
  expect(childrenOf(job()).deployment).toMatchSnapshot();
});

test('the ConfigMap holds the configuration that workers read', () => {
  const config = parseWorkerConfig(childrenOf(job()).configMap.data['job.json'] ?? '');
  expect(config).toMatchObject({ namespace: 'analytics', job: 'user-metrics', incarnation: 1, generation: 1 });
  expect(config.spec).toEqual(spec());
});

const template = (change: Record<string, unknown>): string =>
  JSON.stringify(childrenOf(edited(change)).deployment.spec.template);
const storage = (spec()['checkpoint'] as { storage: object }).storage;

const CHANGES: Record<string, [change: Record<string, unknown>, rolls: boolean]> = {
  'nothing, in a later generation': [{}, false],
  'more workers': [{ parallelism: 5 }, false],
  'no workers': [{ parallelism: 0 }, false],
  suspension: [{ state: 'suspended' }, false],
  'the deletion policy': [{ deletion: { policy: 'drop' } }, false],
  'where a first start begins': [
    {
      source: {
        kafka: { bootstrapServers: 'kafka:9092', topic: 'website-clicks', startFrom: 'latest' },
        eventTime: { field: 'ts' },
      },
    },
    false,
  ],
  'a default that is written out': [{ checkpoint: { interval: '10s', storage } }, false],
  'the checkpoint interval': [{ checkpoint: { interval: '5s', storage } }, true],
  'the commit interval': [{ delivery: { commitInterval: '200ms' } }, true],
  'the brokers': [
    { source: { kafka: { bootstrapServers: 'k2:9092', topic: 'website-clicks' }, eventTime: { field: 'ts' } } },
    true,
  ],
  'the image': [{ worker: { image: 'w:2' } }, true],
  'the resources': [{ worker: { resources: { limits: { memory: '1Gi' } } } }, true],
  'the environment': [{ worker: { env: [{ name: 'A', value: '1' }] } }, true],
};

test.each(Object.entries(CHANGES))(
  'a change of the spec rolls workers only when they must see it: %s',
  (_name, [change, rolls]) => {
    expect(template(change) !== template({})).toBe(rolls);
  },
);

test('a user adds to the pod, but cannot take away what selectors and rolls hang on', () => {
  const made = childrenOf(
    edited({
      worker: {
        podTemplate: {
          metadata: { labels: { team: 'a', 'streamjob.dev/job': 'other' }, annotations: { note: 'b' } },
          spec: { nodeSelector: { disk: 'ssd' } },
        },
      },
    }),
  );
  expect(made.deployment.spec.template).toMatchObject({
    metadata: { labels: { team: 'a', 'streamjob.dev/job': 'user-metrics' }, annotations: { note: 'b' } },
    spec: { nodeSelector: { disk: 'ssd' }, automountServiceAccountToken: false },
  });
});

test('without a Secret no credentials are set', () => {
  const made = childrenOf(edited({ checkpoint: { storage: { s3: { bucket: 'b' } } } }));
  expect(JSON.stringify(made.deployment)).not.toContain('AWS_');
});

const MOUNTS: Record<string, [mountPath: string, path: string, mounted: boolean]> = {
  'the very path': ['/data', '/data', true],
  'above the path': ['/data', '/data/ckpt', true],
  'with a slash at its end': ['/data/', '/data/ckpt', true],
  'beside the path': ['/dat', '/data', false],
  'the root is no volume': ['/', '/data', false],
};

test.each(Object.entries(MOUNTS))(
  'a volume counts when it is mounted at or above the path: %s',
  (_name, [mountPath, path, mounted]) => {
    expect(
      isMounted({ spec: { containers: [{ name: 'worker', volumeMounts: [{ name: 'v', mountPath }] }] } }, path),
    ).toBe(mounted);
  },
);
