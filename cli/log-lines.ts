// Log lines of workers and operator for people: one short line each on a terminal, as they are otherwise.
interface LogLine {
  readonly level?: number;
  readonly time?: string;
  readonly event?: string;
  readonly instance?: string;
  readonly [field: string]: unknown;
}

const HIDDEN = new Set(['level', 'time', 'event', 'instance', 'namespace', 'job', 'pid', 'hostname']);

/** The line as a person reads it: `20:15:01 worker-1 assigned generation=3 tasks=18`. Text that is no log line stays as it is. */
export function prettyLogLine(line: string): string {
  let parsed: LogLine;
  try {
    parsed = JSON.parse(line) as LogLine;
  } catch (error) {
    if (error instanceof SyntaxError) return line;
    throw error;
  }
  const fields = Object.entries(parsed)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const mark = (parsed.level ?? 30) >= 50 ? 'ERROR ' : (parsed.level ?? 30) >= 40 ? 'warn ' : '';
  return [parsed.time?.slice(11, 19) ?? '', parsed.instance ?? '', `${mark}${parsed.event ?? ''}`, ...fields]
    .filter((part) => part !== '')
    .join(' ');
}

export function writeLogLine(line: string): void {
  process.stderr.write(`${process.stderr.isTTY ? prettyLogLine(line) : line}\n`);
}
