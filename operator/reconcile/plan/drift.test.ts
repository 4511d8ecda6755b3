import { expect, test } from 'vitest';
import { isContained } from './drift.ts';

const ROWS: Record<string, [wanted: unknown, found: unknown, contained: boolean]> = {
  'what the server adds is no drift': [{ a: 1 }, { a: 1, b: 2 }, true],
  'another value is drift': [{ a: 1 }, { a: 2 }, false],
  'a missing object is drift': [{ a: 1 }, null, false],
  'a missing field is drift': [{ a: { b: 'x' } }, { a: {} }, false],
  'an empty map may be left out by the server': [{ emptyDir: {} }, {}, true],
  'an empty text may be left out by the server': [{ value: '' }, {}, true],
  'zero replicas are not two': [{ replicas: 0 }, { replicas: 2 }, false],
  'false is not true': [{ automountServiceAccountToken: false }, { automountServiceAccountToken: true }, false],
  'quantities are compared by value': [
    { limits: { cpu: '0.5', memory: '1024Mi' } },
    { limits: { cpu: '500m', memory: '1Gi' } },
    true,
  ],
  'another quantity is drift': [{ limits: { memory: '1Gi' } }, { limits: { memory: '1G' } }, false],
  'a number as a quantity equals its text': [{ requests: { cpu: 1 } }, { requests: { cpu: '1' } }, true],
  'named entries may stand in another order, beside others': [
    [{ name: 'a', v: 1 }],
    [{ name: 'sidecar' }, { name: 'a', v: 1, more: true }],
    true,
  ],
  'a named entry that is missing is drift': [[{ name: 'a' }], [{ name: 'b' }], false],
  'lists of plain values must be the same': [['a', 'b'], ['a'], false],
  'lists of plain values in another order are drift': [['a', 'b'], ['b', 'a'], false],
};

test.each(Object.entries(ROWS))('%s', (_name, [wanted, found, contained]) => {
  expect(isContained(wanted, found)).toBe(contained);
});
