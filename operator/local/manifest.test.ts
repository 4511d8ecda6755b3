import { expect, test } from 'vitest';
import { readManifest } from './manifest.ts';

const JOB = 'apiVersion: streamjob.dev/v1alpha1\nkind: StreamJob\nmetadata: {name: j}\nspec: {}\n';

const BAD: Record<string, [text: string, says: string]> = {
  'no YAML': ['a: [', 'is not YAML'],
  'no StreamJob in it': ['kind: Secret\n', 'holds no object of kind StreamJob'],
  'two StreamJobs in it': [`${JOB}---\n${JOB}`, 'holds 2 objects'],
  'no name': ['kind: StreamJob\n', 'metadata.name is required'],
  nothing: ['', 'holds no object'],
};

test.each(Object.entries(BAD))('a file is refused with a reason: %s', (_name, [text, says]) => {
  const reading = readManifest(text, 'job.yaml');
  expect(reading.ok ? '' : reading.message).toContain(says);
});

test('other objects in the file are passed over', () => {
  expect(readManifest(`kind: Secret\n---\n${JOB}`, 'f')).toMatchObject({
    ok: true,
    document: { kind: 'StreamJob', metadata: { name: 'j' } },
  });
});
