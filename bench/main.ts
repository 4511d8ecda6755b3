// The race: `node bench/main.ts [--case NAMES] [--system NAMES] [--rounds N] [--quick] [--profile FOLDER]`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startRaceBroker } from './broker.ts';
import { CASE_NAMES, caseOf, SYSTEM_NAMES } from './cases.ts';
import { runLatency } from './latency/run-latency.ts';
import { pinCores } from './measure/pinning.ts';
import { runThroughput } from './run-throughput.ts';

const { values } = parseArgs({
  options: {
    case: { type: 'string' },
    system: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});

function pick<T extends string>(what: string, names: readonly T[], asked: string | undefined): readonly T[] {
  if (asked === undefined || asked.trim() === '') return names;
  return asked.split(/[\s,]+/).map((name) => {
    const known = names.find((one) => one === name);
    if (known === undefined) throw new Error(`${name} is no ${what}; there are ${names.join(' ')}`);
    return known;
  });
}

const pinning = pinCores();
await using broker = await startRaceBroker(pinning);
for (let round = 0; round < Number(values.rounds ?? 1); round++) {
  for (const name of pick('case', CASE_NAMES, values.case)) {
    const race = caseOf(name, values.quick);
    for (const system of pick('system', SYSTEM_NAMES, values.system)) {
      if (race.kind === 'latency' && system === 'ceiling') continue;
      const folder = await mkdtemp(join(tmpdir(), 'streamjob-bench-'));
      const context = {
        bootstrapServers: broker.bootstrapServers,
        pinning,
        folder,
        profileFolder: values.profile ?? null,
      };
      try {
        const result =
          race.kind === 'latency'
            ? await runLatency(context, race, system)
            : await runThroughput(context, race, system);
        process.stdout.write(`${JSON.stringify({ case: name, system, ...result })}\n`);
      } catch (error) {
        process.exitCode = 1;
        process.stderr.write(`bench: ${name}, ${system}: ${error instanceof Error ? error.message : String(error)}\n`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
  }
}
