// Goldens of the aggregates.
import { runGolden } from './run-goldens.ts';

for (const name of ['aggregates.yaml', 'aggregates-more.yaml']) await runGolden(name);
