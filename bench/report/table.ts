// The results as a table for people: one block per case, ours first, each rival with how many times faster we are.
import type { MicroResult } from '../micro/micro-result.ts';
import { judge } from './goals.ts';
import type { Result } from './result.ts';

const HEADERS = ['case', 'system', 'rec/cpu-s', 'rec/s', 'RSS MB', 'p50 ms', 'p99 ms', 'results', 'ours is'];

/** Markdown, with columns aligned, so that it reads well in a terminal too. */
export function resultTable(results: readonly Result[]): string {
  if (results.length === 0) return '';
  const rows = [...Map.groupBy(results, (result) => result.case).values()].flatMap((group) => {
    const ours = group.find(({ system }) => system === 'streamjob');
    return group.map((result, index) => [
      index === 0 ? result.case : '',
      result.system,
      count(result.records_per_cpu_s),
      count(result.records_per_s),
      count(result.rss_mb),
      count(result.p50_ms),
      count(result.p99_ms),
      verdict(result.equal_results),
      ours === undefined || result === ours ? '' : comparison(ours, result),
    ]);
  });
  return aligned([HEADERS, ...rows]);
}

/** The goals that can be judged by these results. */
export function goalTable(results: readonly Result[]): string {
  const rows = judge(results).map(({ goal, measured, met }) => [met ? 'met' : 'missed', goal, measured]);
  return rows.length === 0 ? '' : aligned([['', 'goal', 'measured'], ...rows]);
}

export function microTable(results: readonly MicroResult[]): string {
  const rows = results.map(({ name, perSecond, unit, nanoseconds }) => [
    name,
    `${count(perSecond)} ${unit}/s`,
    nanoseconds === null ? '' : `${nanoseconds.toFixed(0)} ns each`,
  ]);
  return rows.length === 0 ? '' : aligned([['step, alone and warm', 'rate', ''], ...rows]);
}

function comparison(ours: Result, theirs: Result): string {
  if (ours.records_per_cpu_s !== null && theirs.records_per_cpu_s !== null)
    return `${(ours.records_per_cpu_s / theirs.records_per_cpu_s).toFixed(2)} × per cpu-s`;
  if (ours.p50_ms !== null && theirs.p50_ms !== null) return `${(theirs.p50_ms / ours.p50_ms).toFixed(1)} × sooner`;
  return '';
}

function verdict(equal: boolean | null): string {
  if (equal === null) return '–';
  return equal ? 'equal' : 'DIFFER';
}

function count(value: number | null): string {
  return value === null ? '–' : Math.round(value).toLocaleString('en');
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const isNumber = (text: string): boolean => /^[\d,–]+$/.test(text);
  const lines = rows.map((row) => {
    const cells = row.map((text, column) => {
      const width = widths[column] ?? 0;
      return isNumber(text) ? text.padStart(width) : text.padEnd(width);
    });
    return `| ${cells.join(' | ')} |`;
  });
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  return lines.join('\n');
}
