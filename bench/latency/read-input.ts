// Reads the live input back, so that the results can be checked against it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EventColumns } from '../expected/event-columns.ts';
import { recordCount } from '../topics.ts';

interface ClickDocument {
  readonly userId: string;
  readonly ts: number;
  readonly durationMs: number;
}

export async function readInput(bootstrapServers: string, topic: string): Promise<EventColumns> {
  const events = new EventColumns((await recordCount(bootstrapServers, topic)) ?? 0);
  const kcat = spawn('kcat', ['-C', `-b${bootstrapServers}`, `-t${topic}`, '-obeginning', '-e', '-q', '-f%s\n'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(kcat, 'exit');
  let rest = '';
  for await (const chunk of kcat.stdout.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const click = JSON.parse(line) as ClickDocument;
      events.add({ user: Number(click.userId.slice(1)), timeMs: click.ts, durationMs: click.durationMs });
    }
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`kcat could not read ${topic} (exit code ${code})`);
  return events;
}
