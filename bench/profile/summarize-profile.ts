// Where the time of a CPU profile went: self time by function, and by file, over its second half (the first is start and compilation).
// `node bench/profile/summarize-profile.ts FOLDER_OR_FILE [rows]`.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const ROOT = join(import.meta.dirname, '..', '..');
const IDLE = new Set(['(idle)', '(program)', '(root)']);

/** Self time in ms by `function file:line` of the samples from a share of the profile on, without what is no work of the program. */
export function selfTimes(profile: CpuProfile, fromShare: number): Map<string, number> {
  const names = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const times = new Map<string, number>();
  const first = Math.floor(profile.samples.length * fromShare);
  for (const [index, id] of profile.samples.entries()) {
    if (index < first) continue;
    const frame = names.get(id);
    if (frame === undefined || IDLE.has(frame.functionName)) continue;
    const file = frame.url.replace('file://', '').replace(`${ROOT}/`, '');
    const where = file === '' ? '' : ` ${file}:${frame.lineNumber + 1}`;
    const key = `${frame.functionName === '' ? '(anonymous)' : frame.functionName}${where}`;
    times.set(key, (times.get(key) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1000);
  }
  return times;
}

function print(title: string, times: ReadonlyMap<string, number>, rows: number): void {
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  process.stdout.write(`${title} (${(total / 1000).toFixed(1)} s of work)\n`);
  for (const [name, time] of [...times].sort(([, a], [, b]) => b - a).slice(0, rows))
    process.stdout.write(
      `${((100 * time) / total).toFixed(1).padStart(6)} % ${time.toFixed(0).padStart(7)} ms  ${name}\n`,
    );
}

function profileFiles(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => join(path, name));
}

if (import.meta.main) {
  const [path, rows = '40'] = process.argv.slice(2);
  if (path === undefined) throw new Error('usage: summarize-profile.ts FOLDER_OR_FILE [rows]');
  for (const file of profileFiles(path)) {
    const times = selfTimes(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, 0.5);
    print(file, times, Number(rows));
    const byFile = new Map<string, number>();
    for (const [name, time] of times) {
      const where = /[^ ]+:\d+$/.exec(name)?.[0].replace(/:\d+$/, '') ?? name;
      byFile.set(where, (byFile.get(where) ?? 0) + time);
    }
    print('by file', byFile, 20);
  }
}
