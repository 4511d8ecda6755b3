// Goldens of the windows.
import { runGolden } from './run-goldens.ts';

for (const name of ['tumbling.yaml', 'sliding.yaml', 'cumulative.yaml', 'session.yaml', 'global.yaml', 'emit.yaml'])
  await runGolden(name);
