// One run of our side over a data set: from the start of the worker until everything is read, committed and written.
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkerStatus } from '../../crds/index.ts';
import { RunRecorder } from '../measure/run-recorder.ts';
import type { ThroughputCase } from '../cases.ts';
import type { FinishedRun, RaceContext } from './context.ts';
import { createOutputTopic } from './output-topic.ts';
import { startWorker } from './stream-job-worker.ts';

/** Until it has begun it is asked more often: the sample before the first record is where the run begins. */
const POLL_IDLE_MS = 20;
const POLL_MS = 100;
const SETTLE_MS = 600;
const TIMEOUT_MS = 600_000;

export async function runStreamJob(context: RaceContext, race: ThroughputCase): Promise<FinishedRun> {
  const output = await createOutputTopic(context.bootstrapServers, 'streamjob');
  const worker = await startWorker(context, race, { input: race.data.topic, output });
  const recorder = new RunRecorder(worker.pid, worker.startedAtMs);
  try {
    recorder.note(0);
    let settledAtMs: number | null = null;
    while (settledAtMs === null || Date.now() - settledAtMs < SETTLE_MS) {
      const status = await worker.status();
      const read = status === null ? 0 : recordsRead(status, race);
      recorder.note(read);
      if (status !== null && isSettled(status, race)) settledAtMs ??= Date.now();
      else settledAtMs = null;
      if (Date.now() - worker.startedAtMs > TIMEOUT_MS)
        throw new Error(`the worker has read ${read} of ${race.data.records} records in ${TIMEOUT_MS} ms`);
      await delay(read === 0 ? POLL_IDLE_MS : POLL_MS);
    }
  } finally {
    await worker.stop();
  }
  return { recorder, outputTopic: output, topics: [output, ...worker.topics] };
}

function recordsRead(status: WorkerStatus, race: ThroughputCase): number {
  const sources = status.tasks.filter(({ topic }) => topic === race.data.topic);
  return sources.reduce((sum, { position }) => sum + position, 0);
}

/** All is read, also of what the worker itself has written to the shuffle topic, and committed. */
function isSettled(status: WorkerStatus, race: ThroughputCase): boolean {
  if (recordsRead(status, race) < race.data.records) return false;
  return status.tasks.every(
    ({ position, highWatermark, committed }) => position >= (highWatermark ?? 0) && (committed ?? 0) >= position,
  );
}
