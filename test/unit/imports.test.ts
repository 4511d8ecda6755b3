// Who may import whom: the rules of docs/architecture.md, held against the sources, and each rule against sources that break it.
import { describe, expect, test } from 'vitest';
import { type ImportSite, type Sources, edgesOf, importsOf } from './import-graph.ts';
import {
  type ImportRule,
  dependenciesPointOneWay,
  importsAreWrittenOut,
  noCycles,
  packagesStayWithTheirOwners,
  productKnowsNoTests,
  pureRoomsDoNoIo,
  seamsHaveOneDoor,
} from './import-rules.ts';
import { projectFiles, readProjectFile } from './project-files.ts';

const forms: Record<string, { source: string; sites: (Omit<ImportSite, 'line'> & { line?: number })[] }> = {
  names: { source: "import { a, b as c } from './a.ts';", sites: [{ specifier: './a.ts', typeOnly: false }] },
  'names over several lines': {
    source: '\nimport {\n  a,\n  type B,\n} from "./a.ts";\nimport c from \'c\'',
    sites: [
      { specifier: './a.ts', typeOnly: false, line: 2 },
      { specifier: 'c', typeOnly: false, line: 6 },
    ],
  },
  'a default and a namespace': {
    source: "import a, * as b from 'a';",
    sites: [{ specifier: 'a', typeOnly: false }],
  },
  types: { source: "import type { A } from './a.ts';", sites: [{ specifier: './a.ts', typeOnly: true }] },
  'values whose names are type and from': {
    source: "import type from 'a';\nimport type, { b } from 'b';\nimport { from } from 'c';",
    sites: ['a', 'b', 'c'].map((specifier) => ({ specifier, typeOnly: false })),
  },
  'a side effect': { source: "import './a.ts';", sites: [{ specifier: './a.ts', typeOnly: false }] },
  're-exports': {
    source: "export { a } from './a.ts';\nexport * from './b.ts';\nexport * as c from './c.ts';",
    sites: ['./a.ts', './b.ts', './c.ts'].map((specifier) => ({ specifier, typeOnly: false })),
  },
  're-exports of types': {
    source: "export type { A } from './a.ts';\nexport type * from './b.ts';",
    sites: ['./a.ts', './b.ts'].map((specifier) => ({ specifier, typeOnly: true })),
  },
  'dynamic imports': {
    source: "const { a } = await import('./a.ts');\nconst b = `${(await import(`./b.ts`)).b}`;",
    sites: ['./a.ts', './b.ts'].map((specifier) => ({ specifier, typeOnly: false })),
  },
  'the type of a module': {
    source: "let a: typeof import('./a.ts');",
    sites: [{ specifier: './a.ts', typeOnly: true }],
  },
  'computed imports': {
    source: "await import(name); await import('./' + name); await import(`./${name}`);",
    sites: [null, null, null].map((specifier) => ({ specifier, typeOnly: false })),
  },
  'nothing in exports of its own': {
    source: "export const a = 1;\nexport { a as b };\nexport type C = { from: 'c' };\nconst d = Array.from('d');",
    sites: [],
  },
  'nothing in comments, texts and patterns': {
    source: [
      "// import a from 'a';",
      "/* import b from 'b'; */",
      'const c = "import c from \'c\'";',
      "const d = `import d from 'd'; ${ { e: `import('e')` }.e } import('f')`;",
      "const g = /[/'\"]import('g')/.test(h) ? 1 / 2 : `${1 / 3}`;",
      "const url = new URL('./h.ts', import.meta.url);",
    ].join('\n'),
    sites: [],
  },
};

describe('imports are found', () => {
  test.each(Object.entries(forms))('%s', (_name, { source, sites }) => {
    expect(importsOf(source)).toMatchObject(sites);
    expect(importsOf(source)).toHaveLength(sites.length);
  });
});

const rules: Record<string, { rule: ImportRule; breaking: Sources; found: string[]; fine: Sources }> = {
  'dependencies point one way': {
    rule: dependenciesPointOneWay,
    breaking: {
      'runtime/a.ts': "import type { B } from '../operator/b.ts';",
      'operator/b.ts': "export { a } from '../runtime/a.ts';",
      'operator/b.test.ts': "import { a } from '../runtime/a.ts';",
      'crds/c.ts': "import { d } from '../cli/d.ts';",
    },
    found: [
      'runtime/a.ts:1 imports operator/b.ts (types): runtime may know only runtime, crds',
      'operator/b.ts:1 imports runtime/a.ts: operator may know only operator, crds',
      'operator/b.test.ts:1 imports runtime/a.ts: operator may know only operator, crds',
      'crds/c.ts:1 imports cli/d.ts: crds may know only crds',
    ],
    fine: {
      'cli/a.ts': "import '../operator/b.ts'; import '../runtime/c.ts'; import '../crds/index.ts'; import 'zod';",
    },
  },
  'product code knows no tests': {
    rule: productKnowsNoTests,
    breaking: {
      'runtime/a.ts': "import '../test/b.ts';",
      'cli/b.ts': "const c = await import('../bench/c.ts');",
      'crds/d.ts': "import './d.cases.ts';",
      'operator/e.ts': "import './testing/clock.ts'; import 'fast-check';",
    },
    found: [
      'runtime/a.ts:1 imports test/b.ts: product code knows no test code',
      'cli/b.ts:1 imports bench/c.ts: product code knows no test code',
      'crds/d.ts:1 imports crds/d.cases.ts: product code knows no test code',
      'operator/e.ts:1 imports operator/testing/clock.ts: product code knows no test code',
      'operator/e.ts:1 imports fast-check: product code knows no test code',
    ],
    fine: { 'runtime/a.test.ts': "import '../test/b.ts'; import { test } from 'vitest'; import './a.cases.ts';" },
  },
  'imports are written out': {
    rule: importsAreWrittenOut,
    breaking: { 'cli/a.ts': 'await import(name);' },
    found: ['cli/a.ts:1 imports a computed path: write the path out, so that these rules see it'],
    fine: { 'cli/a.ts': "await import('./b.ts');", 'test/b.ts': 'await import(name);' },
  },
  'pure rooms do no I/O': {
    rule: pureRoomsDoNoIo,
    breaking: {
      'runtime/window/a.ts': "import { readFile } from 'node:fs/promises';",
      'runtime/job/b.ts': "import type { Reader } from '../log/client/index.ts';",
      'runtime/state/c.ts': "import '../helper.ts';",
      'runtime/helper.ts': "import 'timers';",
      'operator/reconcile/plan/d.ts': "import { KubeClient } from '../../kube/index.ts';",
    },
    found: [
      'runtime/window/a.ts → node:fs: a pure room does no I/O',
      'runtime/job/b.ts → runtime/log/client/index.ts: a pure room does no I/O',
      'runtime/state/c.ts → runtime/helper.ts → node:timers: a pure room does no I/O',
      'operator/reconcile/plan/d.ts → operator/kube/index.ts: a pure room does no I/O',
    ],
    fine: {
      'runtime/window/a.ts': "import { hash } from 'node:crypto'; import type { B } from '../b.ts';",
      'runtime/b.ts': "import 'node:net';",
      'runtime/window/a.test.ts': "import 'node:fs';",
      'runtime/state/c.ts': "import '../d.ts';",
      'runtime/d.ts': "import type { E } from './log/kafka/index.ts';",
    },
  },
  'packages stay with their owners': {
    rule: packagesStayWithTheirOwners,
    breaking: {
      'runtime/task/a.ts': "import { Reader } from '@platformatic/kafka';",
      'operator/b.ts': "import { Kafka } from 'kafkajs';",
    },
    found: [
      'runtime/task/a.ts:1 imports @platformatic/kafka: only runtime/log/kafka and operator/kafka may',
      'operator/b.ts:1 imports kafkajs: only cli may',
    ],
    fine: {
      'runtime/log/kafka/requests/a.ts': "import { Reader } from '@platformatic/kafka';",
      'operator/kafka/b.ts': "import '@platformatic/kafka';",
      'cli/c.ts': "import 'kafkajs';",
      'runtime/log/d.test.ts': "import 'kafkajs';",
      'runtime/log/batch/e.ts': "import '@platformatic/wasm-utils';",
    },
  },
  'seams have one door': {
    rule: seamsHaveOneDoor,
    breaking: {
      'operator/a.ts': "import type { Cache } from './kube/caches.ts';",
      'runtime/log/client/b.ts': "export { c } from '../batch/c.ts';",
      'cli/d.ts': "import '../crds/expression/index.ts';",
    },
    found: [
      'operator/a.ts:1 imports operator/kube/caches.ts (types): from outside only operator/kube/index.ts',
      'runtime/log/client/b.ts:1 imports runtime/log/batch/c.ts: from outside only runtime/log/batch/index.ts',
      'cli/d.ts:1 imports crds/expression/index.ts: from outside only crds/index.ts',
    ],
    fine: {
      'operator/a.ts': "import './kube/index.ts';",
      'operator/a.test.ts': "import './kube/caches.ts';",
      'operator/kube/b.ts': "import './caches.ts';",
      'runtime/log/kafka/requests/c.ts': "import '../error-codes.ts';",
      'crds/d.ts': "import './expression/index.ts';",
    },
  },
  'no cycles': {
    rule: noCycles,
    breaking: {
      'crds/b.ts': "import './c.ts'; import './d.ts';",
      'crds/a.ts': "import type { B } from './b.ts';",
      'crds/c.ts': "import './a.ts'; import './e.ts'",
      'crds/d.ts': "import './c.ts';",
      'crds/e.ts': "import './e.ts';",
      'crds/f.ts': "import './a.ts';",
    },
    found: ['cycle: crds/e.ts → crds/e.ts', 'cycle: crds/a.ts → crds/b.ts → crds/c.ts → crds/a.ts'],
    fine: {
      'crds/a.ts': "import './b.ts'; import './c.ts';",
      'crds/b.ts': "import './d.ts';",
      'crds/c.ts': "import './d.ts';",
      'crds/d.ts': "import 'zod'; // import './a.ts'",
    },
  },
};

const sources: Sources = Object.fromEntries(
  projectFiles()
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readProjectFile(path).toString('utf8')]),
);
const edges = edgesOf(sources);

describe.each(Object.entries(rules))('%s', (_name, { rule, breaking, found, fine }) => {
  test('in made-up sources that break the rule, each breach is told', () => {
    expect(rule(edgesOf(breaking))).toEqual(found);
  });
  test('made-up sources that keep to the rule pass', () => {
    expect(rule(edgesOf(fine))).toEqual([]);
  });
  test('in the project', () => {
    expect(rule(edges)).toEqual([]);
  });
});

test('the rules are held against the whole project', () => {
  const rooms = Object.keys(sources).map((path) => path.split('/')[0]);
  for (const room of ['crds', 'runtime', 'operator', 'cli', 'test']) expect(rooms).toContain(room);
  // A path that leads to no file means that importsOf misread one.
  const ours = edges.filter(({ to }) => to !== null && to.endsWith('.ts'));
  expect(ours.filter(({ to }) => sources[to ?? ''] === undefined)).toEqual([]);
  expect(ours.length).toBeGreaterThan(Object.keys(sources).length);
});
