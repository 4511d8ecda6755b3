// The load of the latency cases as a process of its own: clicks of now at a steady rate, as lines for kcat, until its input ends.
// Ends with one JSON line on standard error: how many it wrote, and how often it was more than 100 ms behind.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { clickJson, PAGES, userId } from '../data/click-stream.ts';
import { SeededRandom } from '../data/seeded-random.ts';

const PACE_MS = 5;
const LATE_SHARE_OF_SECOND = 10;
const SESSIONS = 1_000_000;

const [rate = 0, users = 0] = process.argv.slice(2, 4).map(Number);
const recordKey = process.argv[4];
const random = new SeededRandom(0x9e3779b9);
const stop = new AbortController();
process.stdin.once('end', () => stop.abort()).resume();

const startedMs = performance.now();
let sent = 0;
let late = 0;
while (!stop.signal.aborted) {
  const timeMs = Date.now();
  const due = Math.floor(((performance.now() - startedMs) * rate) / 1000);
  if (due - sent > rate / LATE_SHARE_OF_SECOND) late++;
  let text = '';
  for (; sent < due; sent++) {
    const click = {
      user: random.below(users),
      session: random.below(SESSIONS),
      timeMs,
      durationMs: random.below(30_000),
      type: 'click' as const,
      page: random.below(PAGES),
    };
    text += `${recordKey === 'user' ? userId(click.user) : `s${click.session}`}\t${clickJson(click, sent)}\n`;
  }
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
  await delay(PACE_MS);
}
process.stdout.end();
await once(process.stdout, 'finish');
process.stderr.write(`${JSON.stringify({ sent, late })}\n`);
