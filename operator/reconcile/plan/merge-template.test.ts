import { expect, test } from 'vitest';
import { mergeTemplate } from './merge-template.ts';

const BASE = {
  metadata: { labels: { ours: 'x' } },
  spec: {
    terminationGracePeriodSeconds: 60,
    containers: [
      {
        name: 'worker',
        image: 'a',
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'K', value: '1' },
        ],
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  },
};

const ROWS: Record<string, [patch: Record<string, unknown>, path: string, expected: unknown]> = {
  'a scalar of the user wins': [
    { spec: { terminationGracePeriodSeconds: 5 } },
    'spec.terminationGracePeriodSeconds',
    5,
  ],
  'labels are added to ours': [{ metadata: { labels: { team: 'y' } } }, 'metadata.labels', { ours: 'x', team: 'y' }],
  'the worker container is found by its name': [
    { spec: { containers: [{ name: 'worker', image: 'b' }] } },
    'spec.containers.0.image',
    'b',
  ],
  'what the user does not name stays': [
    { spec: { containers: [{ name: 'worker', image: 'b' }] } },
    'spec.containers.0.volumeMounts',
    [{ name: 'tmp', mountPath: '/tmp' }],
  ],
  'a sidecar is added': [
    { spec: { containers: [{ name: 'agent', image: 'c' }] } },
    'spec.containers.1',
    { name: 'agent', image: 'c' },
  ],
  'mounts merge by their path': [
    { spec: { containers: [{ name: 'worker', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] } },
    'spec.containers.0.volumeMounts.1',
    { name: 'data', mountPath: '/data' },
  ],
  'a variable with a text replaces one with a source': [
    { spec: { containers: [{ name: 'worker', env: [{ name: 'POD_NAME', value: 'p' }] }] } },
    'spec.containers.0.env.0',
    { name: 'POD_NAME', value: 'p' },
  ],
  'volumes are added': [
    { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'c' } }] } },
    'spec.volumes.1.name',
    'data',
  ],
  'lists without identity are replaced': [
    { spec: { tolerations: [{ key: 'a' }] } },
    'spec.tolerations',
    [{ key: 'a' }],
  ],
};

test.each(Object.entries(ROWS))('%s', (_name, [patch, path, expected]) => {
  const merged: unknown = mergeTemplate(BASE, patch);
  const found = path.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], merged);
  expect(found).toEqual(expected);
});

test('neither side is changed', () => {
  const [base, patch] = [structuredClone(BASE), { spec: { containers: [{ name: 'worker', image: 'b' }] } }];
  mergeTemplate(base, patch);
  expect([base, patch]).toEqual([BASE, { spec: { containers: [{ name: 'worker', image: 'b' }] } }]);
});
