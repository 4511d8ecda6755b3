// Goldens of records: what they hold, which of them are bad or late, and how they move time.
import { runGolden } from './run-goldens.ts';

const files = [
  'bad-records.yaml',
  'close-idle.yaml',
  'event-time.yaml',
  'late-data.yaml',
  'lateness.yaml',
  'record-key.yaml',
  'record-parts.yaml',
  'user-metrics.yaml',
  'watermark-idle.yaml',
];
for (const name of files) await runGolden(name);
