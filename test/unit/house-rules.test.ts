// The house rules, held against every file of the project, and each against made-up files that break it.
import { describe, expect, test } from 'vitest';
import {
  type HouseRule,
  everyTestRuns,
  filesAreSmall,
  noRegistryIsNamed,
  nothingIsLeftToDo,
  nothingOfOneMachine,
  productFilesSayWhatTheyAre,
  theLockNamesNoRegistry,
  timeAndChanceComeFromOutside,
} from './house-rules.ts';
import { projectFiles, readProjectFile } from './project-files.ts';

type Files = Readonly<Record<string, string>>;

// This file and the rules themselves have to name what they forbid.
const EXEMPT = new Set(['test/unit/house-rules.ts', 'test/unit/house-rules.test.ts']);

const rules: Record<string, { rule: HouseRule; breaking: Files; found: string[]; fine: Files }> = {
  'time and chance come from outside': {
    rule: timeAndChanceComeFromOutside,
    breaking: {
      'runtime/window/a.ts': '// a\nconst a = Date.now();\nconst b = Math.random() + `${new Date()}`;',
      'operator/reconcile/plan/b.ts': 'setTimeout(run, 1);\nsetTimeout(() => Date . now());',
    },
    found: [
      'runtime/window/a.ts:2 has Date.now: take a Clock or a Random',
      'runtime/window/a.ts:3 has Math.random: take a Clock or a Random',
      'runtime/window/a.ts:3 has new Date(): take a Clock or a Random',
      'operator/reconcile/plan/b.ts:2 has Date.now: take a Clock or a Random',
      'operator/reconcile/plan/b.ts:1 has setTimeout(: take a Clock or a Random',
      'operator/reconcile/plan/b.ts:2 has setTimeout(: take a Clock or a Random',
    ],
    fine: {
      'runtime/window/a.ts': "// Date.now()\nconst a = 'Math.random()'; new Date(1); response.setTimeout(1);",
      'runtime/clock.ts': 'Date.now();',
      'operator/random.ts': 'Math.random();',
      'runtime/window/a.test.ts': 'Date.now();',
      'runtime/log/kafka/connection.ts': 'setTimeout(run, 1);',
    },
  },
  'every test runs': {
    rule: everyTestRuns,
    breaking: {
      'cli/a.test.ts':
        "it.skip('a');\ntest.only('b');\ndescribe.skipIf(c)('c');\ntest('d', ({ skip }) => context.skip());",
      'test/b.cases.ts': "it.todo('later');",
    },
    found: [
      'cli/a.test.ts:1 has .skip: every test runs, every time',
      'cli/a.test.ts:2 has .only: every test runs, every time',
      'cli/a.test.ts:3 has .skipIf: every test runs, every time',
      'cli/a.test.ts:4 has .skip: every test runs, every time',
      'test/b.cases.ts:1 has .todo: every test runs, every time',
    ],
    fine: { 'cli/a.test.ts': "const skip = policy.only; test('it.skip(', run);", 'cli/b.ts': 'rows.skip(1);' },
  },
  'nothing is left to do': {
    rule: nothingIsLeftToDo,
    breaking: { 'docs/a.md': '# A\nTODO write', 'b.ts': '// FIXME: this' },
    found: ['docs/a.md:2 has TODO: finish it, or open an issue', 'b.ts:1 has FIXME: finish it, or open an issue'],
    fine: { 'a.ts': "// todo lists; 'TODOS'" },
  },
  'nothing of one machine': {
    rule: nothingOfOneMachine,
    breaking: {
      'a.ts': "const a = '/work/main';\nconst b = '/root';\n// see /home/ann/notes and /Users/bob/x",
      Dockerfile: 'WORKDIR /root/',
    },
    found: [
      'a.ts:1 has /work: a path of one machine',
      'a.ts:2 has /root: a path of one machine',
      'a.ts:3 has /home/ann: a path of one machine',
      'Dockerfile:1 has /root: a path of one machine',
    ],
    fine: { 'a.ts': "const a = './work/main'; const b = `${folder}/root`; import './work-queue.ts'; '/worker/root/'" },
  },
  'no registry is named': {
    rule: noRegistryIsNamed,
    breaking: { 'a.sh': 'npm ci --registry https://registry.npmjs.org', 'b.md': 'see pypi.org' },
    found: [
      'a.sh:1 has registry.npmjs.org: which registry is for the settings of the machine to say',
      'b.md:1 has pypi.org: which registry is for the settings of the machine to say',
    ],
    fine: { 'pom.xml': '<project xmlns="http://maven.apache.org/POM/4.0.0">', 'go.mod': 'require k8s.io/api v0.1.0' },
  },
  'the lock names no registry': {
    rule: theLockNamesNoRegistry,
    breaking: { 'package-lock.json': '{ "resolved": "https://example.org/a.tgz" }' },
    found: ['package-lock.json has "resolved": install with the project\'s .npmrc'],
    fine: { 'package-lock.json': '{ "integrity": "sha512-a" }' },
  },
  'files are small': {
    rule: filesAreSmall,
    breaking: { 'runtime/a.ts': 'a\n'.repeat(451) },
    found: ['runtime/a.ts has 451 lines, more than 450: split it by what it does'],
    fine: {
      'runtime/a.ts': 'a\n'.repeat(450),
      'crds/a.cases.ts': 'a\n'.repeat(451),
      'package-lock.json': 'a\n'.repeat(451),
    },
  },
  'product files say what they are': {
    rule: productFilesSayWhatTheyAre,
    breaking: { 'runtime/a.ts': "import 'b';\n// late", 'cli/b.ts': '\n// late', 'crds/c.ts': '//\n' },
    found: [
      'runtime/a.ts begins with no comment: say what it is and why',
      'cli/b.ts begins with no comment: say what it is and why',
      'crds/c.ts begins with no comment: say what it is and why',
    ],
    fine: {
      'cli/main.ts': '#!/usr/bin/env node\n// The command.',
      'crds/a.ts': '/** What. */',
      'runtime/a.test.ts': "import 'b';",
    },
  },
};

const check = (rule: HouseRule, files: Files): string[] =>
  Object.entries(files).flatMap(([path, text]) => rule({ path, text }));

const project: Files = Object.fromEntries(
  projectFiles()
    .filter((path) => !EXEMPT.has(path))
    .map((path) => [path, readProjectFile(path)] as const)
    .filter(([, content]) => !content.includes(0))
    .map(([path, content]) => [path, content.toString('utf8')]),
);

describe.each(Object.entries(rules))('%s', (_name, { rule, breaking, found, fine }) => {
  test('in made-up files that break the rule, each breach is told', () => {
    expect(check(rule, breaking)).toEqual(found);
  });
  test('made-up files that keep to the rule pass', () => {
    expect(check(rule, fine)).toEqual([]);
  });
  test('in the project', () => {
    expect(check(rule, project)).toEqual([]);
  });
});

test('the rules are held against the whole project', () => {
  expect(Object.keys(project)).toEqual(
    expect.arrayContaining(['Makefile', 'README.md', 'package-lock.json', 'runtime/main.ts', 'operator/main.ts']),
  );
});
