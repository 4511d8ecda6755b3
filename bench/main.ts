// The race: `node bench/main.ts [--case NAMES] [--system NAMES] [--rounds N] [--quick] [--profile FOLDER]`. Prints tables, and writes
// `results/latest.json` (one object per case and system) and `results/details.json` (all that was measured, run by run).
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { startRaceBroker } from './broker.ts';
import { dataTopics } from './cases.ts';
import { pinCores } from './measure/pinning.ts';
import { runMicro } from './micro/run-micro.ts';
import type { MicroResult } from './micro/micro-result.ts';
import { raceOptions } from './options.ts';
import { Race, type Run } from './race.ts';
import { medianResults } from './report/result.ts';
import { deleteLeftovers } from './topics.ts';
import { goalTable, microTable, resultTable } from './report/table.ts';

const RESULTS = join(import.meta.dirname, 'results');

function write(name: string, content: unknown): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, name), `${JSON.stringify(content, null, 2)}\n`);
}

function progress({ case: name, system, round, result, error }: Run): string {
  const rate = result.records_per_cpu_s === null ? '' : ` ${result.records_per_cpu_s.toLocaleString('en')} rec/cpu-s`;
  const latency = result.p50_ms === null ? '' : ` p50 ${result.p50_ms} ms, p99 ${result.p99_ms} ms`;
  return `bench: round ${round}, ${name}, ${system}:${rate}${latency}${error === null ? '' : ` FAILED: ${error}`}\n`;
}

const options = raceOptions(process.argv.slice(2));
const pinning = pinCores();
const micro: readonly MicroResult[] = options.micro ? await runMicro(pinning) : [];
const runs: Run[] = [];
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 1e9),
  pinning: pinning.description,
};

function save(): void {
  write('latest.json', medianResults(runs.map(({ result }) => result)));
  write('details.json', { machine, options, runs, micro });
}

if (options.cases.length > 0) {
  await using broker = await startRaceBroker(pinning);
  await deleteLeftovers(broker.bootstrapServers, dataTopics());
  const race = new Race(options, { bootstrapServers: broker.bootstrapServers, pinning });
  for await (const run of race.runs()) {
    runs.push(run);
    process.stderr.write(progress(run));
    // After each: a race that is broken off has its figures up to then.
    save();
  }
}
save();
const results = medianResults(runs.map(({ result }) => result));
const parts = [resultTable(results), goalTable(results), microTable(micro)].filter((text) => text !== '');
process.stdout.write(`${parts.join('\n\n')}\n\n${machine.cores} × ${machine.processor}; ${machine.pinning}\n`);
if (runs.some(({ error }) => error !== null)) process.exitCode = 1;
