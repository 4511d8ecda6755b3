// Starts and ends the load: a generator piped into kcat, both beside the broker.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { atExit } from '../../test/harness/exit-hooks.ts';
import type { LatencyCase } from '../cases.ts';
import { producerArguments } from '../data/load-topic.ts';
import type { Pinning } from '../measure/pinning.ts';

/** Disposing ends it in order, and says so when it could not keep its rate: the figures are then the generator's, too. */
export type Load = AsyncDisposable;

export function startLoad(
  race: LatencyCase,
  options: { readonly bootstrapServers: string; readonly topic: string; readonly pinning: Pinning },
): Load {
  const { bootstrapServers, topic, pinning } = options;
  const [producer = '', ...producerArgs] = pinning.others([
    'kcat',
    ...producerArguments(bootstrapServers, topic, true),
  ]);
  const kcat = spawn(producer, producerArgs, { stdio: ['pipe', 'inherit', 'inherit'] });
  const recordKey = race.keyBy === 'recordKey' ? 'user' : 'session';
  const [program = '', ...args] = pinning.others([
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'load.ts'),
    String(race.recordsPerSecond),
    String(race.users),
    recordKey,
  ]);
  const generator = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  for (const child of [kcat, generator])
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    );
  generator.stdout.pipe(kcat.stdin);
  let said = '';
  generator.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = Promise.all([once(generator, 'exit'), once(kcat, 'exit')]);
  return {
    async [Symbol.asyncDispose]() {
      generator.stdin.end();
      await ended;
      const { sent, late } = JSON.parse(said) as { sent: number; late: number };
      if (late > 0)
        process.stderr.write(`bench: the load was late ${late} times in ${sent} records: the machine is busy\n`);
    },
  };
}
