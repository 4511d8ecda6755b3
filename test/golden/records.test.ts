// Goldens of what goes into the windows, and when they close.
import { runGolden } from './run-goldens.ts';

for (const name of ['aggregates.yaml', 'bad-records.yaml', 'lateness.yaml', 'record-key.yaml', 'watermark-idle.yaml'])
  await runGolden(name);
