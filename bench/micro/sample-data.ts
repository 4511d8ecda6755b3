// What the micro-benchmarks work on: the race's clicks as decoded batches, and the compiled job of a case.
import { validateStreamJob } from '../../crds/index.ts';
import { compileJob, type JobPlan } from '../../runtime/job/index.ts';
import { type RecordBatch, RecordsBuilder } from '../../runtime/log/batch/index.ts';
import { caseOf, type CaseName } from '../cases.ts';
import { clickJson, START_MS, userId } from '../data/click-stream.ts';
import { Visits } from '../data/visits.ts';
import { manifestOf } from '../systems/manifest.ts';

const RECORDS = 100_000;
const RECORDS_PER_BATCH = 1000;

export function sampleBatches(): readonly RecordBatch[] {
  const visits = new Visits({ records: RECORDS, users: RECORDS / 20, active: 5000, microsPerRecord: 200, lateMs: 500 });
  const batches: RecordBatch[] = [];
  for (let from = 0; from < RECORDS; from += RECORDS_PER_BATCH) {
    const builder = new RecordsBuilder();
    for (let number = from; number < from + RECORDS_PER_BATCH && visits.next(); number++) {
      const value = Buffer.from(clickJson(visits, number));
      builder.append({ timestampMs: START_MS, key: Buffer.from(userId(visits.user)), value });
    }
    batches.push({ ...builder.asBatch(), baseOffset: from, nextOffset: from + builder.count });
  }
  return batches;
}

export function samplePlan(name: CaseName): JobPlan {
  const where = { bootstrapServers: 'localhost:9092', input: 'in', output: 'out', checkpointFolder: '/checkpoints' };
  const checked = validateStreamJob(manifestOf(caseOf(name, true), where));
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  return compileJob(checked.resolved);
}
