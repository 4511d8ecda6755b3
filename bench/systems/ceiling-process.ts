// The ceiling as a process of its own: our reader alone, which fetches a topic to its end and decodes every record's bounds.
// Writes its progress as JSON lines: `{"records": n}`.
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../runtime/clock.ts';
import { RecordCursor } from '../../runtime/log/batch/index.ts';
import { LogReader } from '../../runtime/log/client/index.ts';
import { connectKafka } from '../../runtime/log/kafka/index.ts';
import { systemRandom } from '../../runtime/random.ts';

const REPORT_MS = 50;

const [bootstrapServers, topic, expected] = process.argv.slice(2);
if (bootstrapServers === undefined || topic === undefined || expected === undefined)
  throw new Error('usage: ceiling-process.ts BOOTSTRAP_SERVERS TOPIC RECORDS');

const parts = { clock: systemClock, random: systemRandom };
const broker = await connectKafka({ bootstrapServers, clientId: 'bench-ceiling', ...parts });
const [metadata] = (await broker.metadata([topic])).topics;
const reader = new LogReader({ broker, ...parts, reuseMemory: true });
for (const { partition } of metadata?.partitions ?? []) reader.assign({ topic, partition }, 0);

const stop = new AbortController();
const running = reader.run(stop.signal);
const report = (): void => void process.stdout.write(`{"records":${records}}\n`);
let records = 0;
let valueBytes = 0;
report();
let reportedAtMs = performance.now();
const cursor = new RecordCursor();
while (records < Number(expected)) {
  for (const item of await reader.next(stop.signal)) {
    if (item.kind === 'error') throw new Error(`${item.error}: ${item.message}`);
    for (const batch of item.batches) {
      cursor.reset(batch);
      while (cursor.next()) {
        records++;
        valueBytes += cursor.valueEnd - cursor.valueStart;
      }
    }
  }
  const nowMs = performance.now();
  if (nowMs - reportedAtMs < REPORT_MS) continue;
  reportedAtMs = nowMs;
  report();
}
report();
stop.abort();
await running;
await broker.close();
process.stderr.write(`${valueBytes} bytes of values\n`);
// Time to take the last sample of this process.
await delay(100);
