// Rules about every file that is no matter of types, imports or format. Each rule takes one file and gives a line for each breach.
import { isTestCode } from './import-rules.ts';
import { type Token, tokensOf } from './source-tokens.ts';

export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

export type HouseRule = (file: ProjectFile) => string[];

const MAX_LINES = 450;
const PRODUCT = /^(crds|runtime|operator|cli)\/.*\.ts$/;
/** These bring the outside world in; all else takes a clock and a source of randomness from its constructor. */
const ADAPTERS = /(^|\/)(clock|random|main)\.ts$/;
/** The command line stamps what it generates, and its processes are the outside world's. */
const OUTSIDE = /^cli\//;
/** Connections give up by the real clock: nothing of what they carry depends on it. */
const TIMER_ADAPTERS = /^runtime\/log\/kafka\/|^operator\/(kube|kafka|local)\/|^operator\/storage\//;
const FIXTURES = /(^|\/)(fixtures|goldens|generated|__snapshots__)\/|\.cases\.ts$|^package-lock\.json$|\/go\.sum$/;

const CLOCK_AND_CHANCE = ['Date . now', 'Math . random', 'new Date ( )', 'performance . now', 'crypto . randomUUID'];
const TIMERS = ['setTimeout (', 'setInterval ('];
const NOT_RUN = ['skip', 'skipIf', 'runIf', 'only', 'todo', 'fails'];
const TEST_NAMES = ['bench', 'describe', 'it', 'suite', 'test'];

export const timeAndChanceComeFromOutside: HouseRule = ({ path, text }) => {
  if (!PRODUCT.test(path) || isTestCode(path) || ADAPTERS.test(path) || OUTSIDE.test(path)) return [];
  const phrases = TIMER_ADAPTERS.test(path) ? CLOCK_AND_CHANCE : [...CLOCK_AND_CHANCE, ...TIMERS];
  const tokens = tokensOf(text);
  return phrases.flatMap((phrase) =>
    occurrences(tokens, phrase.split(' ')).map(
      (line) => `${path}:${line} has ${phrase.replaceAll(' ', '').replace('newD', 'new D')}: take a Clock or a Random`,
    ),
  );
};

export const everyTestRuns: HouseRule = ({ path, text }) => {
  if (!/\.(test|cases)\.ts$/.test(path)) return [];
  const tokens = tokensOf(text);
  return tokens.flatMap(({ value, line }, at) => {
    const follows = tokens[at - 1]?.value === '.' && NOT_RUN.includes(value);
    const isTest = follows && tokens[at - 2]?.kind === 'name' && TEST_NAMES.includes(tokens[at - 2]?.value ?? '');
    const isContext = follows && value === 'skip' && tokens[at + 1]?.value === '(';
    return isTest || isContext ? [`${path}:${line} has .${value}: every test runs, every time`] : [];
  });
};

export const nothingIsLeftToDo: HouseRule = (file) =>
  linesWith(file, /\b(TODO|FIXME|XXX|HACK)\b/, 'finish it, or open an issue');

export const nothingOfOneMachine: HouseRule = (file) =>
  linesWith(file, /(?<![\w./$})~-])\/(work|root|Users|home\/(?!nonroot)\w+)(?=[/\s'"`),;]|$)/, 'a path of one machine');

const REGISTRY_HOSTS = [
  'registry.npmjs.org',
  'registry.yarnpkg.com',
  'npmjs.com/package',
  'pypi.org',
  'files.pythonhosted.org',
  'proxy.golang.org',
  'sum.golang.org',
  'repo1.maven.org',
  'repo.maven.apache.org',
  'deb.debian.org',
  'crates.io',
  'registry-1.docker.io',
  'dl.k8s.io',
];
const REGISTRY = new RegExp(REGISTRY_HOSTS.map((host) => host.replaceAll('.', '\\.')).join('|'));

/** Which registry is used is a matter of the machine's settings. */
export const noRegistryIsNamed: HouseRule = (file) =>
  linesWith(file, REGISTRY, 'which registry is for the settings of the machine to say');

export const theLockNamesNoRegistry: HouseRule = ({ path, text }) =>
  path.endsWith('package-lock.json') && text.includes('"resolved"')
    ? [`${path} has "resolved": install with the project's .npmrc`]
    : [];

export const filesAreSmall: HouseRule = ({ path, text }) => {
  const lines = text.split('\n').length - 1;
  if (lines <= MAX_LINES || FIXTURES.test(path) || !/\.(ts|mjs|go|c)$/.test(path)) return [];
  return [`${path} has ${lines} lines, more than ${MAX_LINES}: split it by what it does`];
};

export const productFilesSayWhatTheyAre: HouseRule = ({ path, text }) => {
  if (!PRODUCT.test(path) || isTestCode(path)) return [];
  const start = text.replace(/^#!.*\n/, '');
  return /^\/\/ \S|^\/\*/.test(start) ? [] : [`${path} begins with no comment: say what it is and why`];
};

/** Lines at which the values follow each other. */
function occurrences(tokens: readonly Token[], values: readonly string[]): number[] {
  return tokens.flatMap((token, at) => {
    const isCode = token.kind === 'name' && tokens[at - 1]?.value !== '.';
    return isCode && values.every((value, offset) => tokens[at + offset]?.value === value) ? [token.line] : [];
  });
}

function linesWith({ path, text }: ProjectFile, pattern: RegExp, why: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const found = pattern.exec(line)?.[0];
    return found === undefined ? [] : [`${path}:${index + 1} has ${found}: ${why}`];
  });
}
