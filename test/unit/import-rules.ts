// What may import what. Every rule takes the imports of the whole project and gives one line for each that breaks it.
import type { Edge } from './import-graph.ts';

export type ImportRule = (edges: readonly Edge[]) => string[];

/** Every room, and the rooms that its code may know. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  crds: ['crds'],
  runtime: ['runtime', 'crds'],
  operator: ['operator', 'crds'],
  cli: ['cli', 'operator', 'runtime', 'crds'],
};
const TEST_PACKAGES = ['vitest', 'fast-check'];

const PURE_ROOMS = [
  'runtime/window',
  'runtime/aggregate',
  'runtime/state',
  'runtime/scalar',
  'runtime/job',
  'operator/reconcile/plan',
];
const IO_ROOMS = [
  'runtime/log/kafka',
  'runtime/log/memory',
  'runtime/log/client',
  'runtime/checkpoint',
  'runtime/task',
  'runtime/http',
  'operator/kube',
  'operator/kafka',
  'operator/local',
  'operator/storage',
];
const IO_MODULES = new Set([
  ...['fs', 'net', 'tls', 'dgram', 'dns', 'http', 'https', 'http2', 'child_process', 'cluster'].map(
    (it) => `node:${it}`,
  ),
  ...['worker_threads', 'timers', 'readline', 'inspector'].map((it) => `node:${it}`),
  '@aws-sdk/client-s3',
  '@kubernetes/client-node',
  '@platformatic/kafka',
  'express',
  'kafkajs',
]);

/** Packages that only one adapter may know, so that it can be replaced. */
const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  '@platformatic/kafka': ['runtime/log/kafka', 'operator/kafka'],
  '@kubernetes/client-node': ['operator/kube'],
  '@aws-sdk/client-s3': ['runtime/checkpoint', 'operator/storage'],
  kafkajs: ['cli'],
};

/** Folders with one public file, index.ts. */
const SEAMS = [
  'crds',
  'crds/expression',
  'runtime/log/batch',
  'runtime/log/client',
  'runtime/log/kafka',
  'runtime/log/memory',
  'runtime/aggregate',
  'runtime/checkpoint',
  'runtime/job',
  'runtime/job/expression',
  'runtime/scalar',
  'runtime/state',
  'runtime/window',
  'runtime/window/session',
  'operator/kube',
  'operator/kafka',
  'operator/local',
  'operator/storage',
];

const within = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const roomOf = (path: string): string => path.split('/')[0] ?? '';
const arrow = ({ from, line, to, typeOnly }: Edge): string =>
  `${from}:${line} imports ${to ?? 'a computed path'}${typeOnly ? ' (types)' : ''}`;

/** Tests, their cases, and the fakes they share. */
export function isTestCode(path: string): boolean {
  return /^(test|bench)\/|\/testing\/|\.(test|cases)\.ts$|\.config\.ts$/.test(path);
}

export const dependenciesPointOneWay: ImportRule = (edges) =>
  edges
    .filter(({ from, to }) => {
      const known = ROOMS[roomOf(from)];
      if (known === undefined || to === null) return false;
      const room = roomOf(to);
      return room in ROOMS && !known.includes(room);
    })
    .map((edge) => `${arrow(edge)}: ${roomOf(edge.from)} may know only ${ROOMS[roomOf(edge.from)]?.join(', ')}`);

export const productKnowsNoTests: ImportRule = (edges) =>
  edges
    .filter(({ from, to }) => !isTestCode(from) && to !== null && (isTestCode(to) || TEST_PACKAGES.includes(to)))
    .map((edge) => `${arrow(edge)}: product code knows no test code`);

export const importsAreWrittenOut: ImportRule = (edges) =>
  edges
    .filter(({ from, to }) => !isTestCode(from) && to === null)
    .map((edge) => `${arrow(edge)}: write the path out, so that these rules see it`);

/** Looks through the files that a pure room loads, too; there, types are free, since they load nothing. */
export const pureRoomsDoNoIo: ImportRule = (edges) => {
  const byFile = Map.groupBy(edges, ({ from }) => from);
  const broken: string[] = [];
  const starts = [...byFile.keys()].filter(
    (file) => !isTestCode(file) && PURE_ROOMS.some((room) => within(file, room)),
  );
  for (const start of starts) {
    const seen = new Set([start]);
    const queue = [{ file: start, path: [start] }];
    for (const { file, path } of queue)
      for (const { to, typeOnly } of byFile.get(file) ?? []) {
        if (to === null || (typeOnly && file !== start) || seen.has(to)) continue;
        if (isIo(to)) broken.push(`${[...path, to].join(' → ')}: a pure room does no I/O`);
        else if (!typeOnly) {
          seen.add(to);
          queue.push({ file: to, path: [...path, to] });
        }
      }
  }
  return broken;
};

function isIo(path: string): boolean {
  return IO_MODULES.has(path) || IO_ROOMS.some((room) => within(path, room));
}

export const packagesStayWithTheirOwners: ImportRule = (edges) =>
  edges
    .filter(({ from, to }) => {
      const owners = PACKAGE_OWNERS[to ?? ''];
      return owners !== undefined && !isTestCode(from) && !owners.some((owner) => within(from, owner));
    })
    .map((edge) => `${arrow(edge)}: only ${PACKAGE_OWNERS[edge.to ?? '']?.join(' and ')} may`);

export const seamsHaveOneDoor: ImportRule = (edges) =>
  edges.flatMap((edge) => {
    const { from, to } = edge;
    if (to === null || isTestCode(from)) return [];
    const seam = SEAMS.find((it) => within(to, it) && !within(from, it));
    return seam === undefined || to === `${seam}/index.ts`
      ? []
      : [`${arrow(edge)}: from outside only ${seam}/index.ts`];
  });

/** Types count: two files that need each other's types are one thing, or share a third. */
export const noCycles: ImportRule = (edges) => {
  const graph = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    const targets = graph.get(from);
    if (targets === undefined) graph.set(from, new Set(to === null ? [] : [to]));
    else if (to !== null) targets.add(to);
  }
  return stronglyConnected(graph)
    .filter((group) => group.length > 1 || graph.get(group[0] ?? '')?.has(group[0] ?? ''))
    .map((group) => `cycle: ${shortestCycle(graph, new Set(group)).join(' → ')}`);
};

/** Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972). */
function stronglyConnected(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const groups: string[][] = [];
  const lowOf = (file: string): number => low.get(file) ?? 0;

  const visit = (file: string): void => {
    const number = order.size;
    order.set(file, number);
    low.set(file, number);
    stack.push(file);
    onStack.add(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) {
        visit(next);
        low.set(file, Math.min(lowOf(file), lowOf(next)));
      } else if (onStack.has(next)) low.set(file, Math.min(lowOf(file), order.get(next) ?? 0));
    }
    if (lowOf(file) !== number) return;
    const group = stack.splice(stack.indexOf(file));
    for (const member of group) onStack.delete(member);
    groups.push(group);
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return groups;
}

/** A shortest way from the first file of the group by name back to itself. */
function shortestCycle(graph: ReadonlyMap<string, ReadonlySet<string>>, group: ReadonlySet<string>): string[] {
  const start = [...group].sort()[0] ?? '';
  const queue = [[start]];
  const seen = new Set<string>();
  for (const path of queue)
    for (const next of graph.get(path.at(-1) ?? '') ?? []) {
      if (next === start) return [...path, start];
      if (!group.has(next) || seen.has(next)) continue;
      seen.add(next);
      queue.push([...path, next]);
    }
  return [start];
}
