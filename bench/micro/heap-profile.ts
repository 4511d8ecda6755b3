// What a task allocates per record in steady state, by a sampling heap profile that counts what the collector has taken away again too.
//
//     node bench/micro/heap-profile.ts
import { Session } from 'node:inspector/promises';
import type { HeapProfiler } from 'node:inspector';
import { systemClock } from '../../runtime/clock.ts';
import { DirectTask } from '../../runtime/task/direct-task.ts';
import { IngestTask } from '../../runtime/task/ingest-task.ts';
import { Outputs } from '../../runtime/task/outputs.ts';
import type { TaskContext } from '../../runtime/task/task-context.ts';
import type { Task } from '../../runtime/task/task.ts';
import type { CaseName } from '../cases.ts';
import { sampleBatches, samplePlan } from './sample-data.ts';

const SAMPLING_BYTES = 4096;
/** Passes over the sample: first until everything is compiled and grown, then measured. */
const WARM_UP_PASSES = 20;
const PASSES = 10;
const SHOWN = 8;

const batches = sampleBatches();
const recordCount = batches.reduce((sum, { recordCount: count }) => sum + count, 0);

function contextOf(name: CaseName): TaskContext {
  const plan = samplePlan(name);
  return {
    job: plan.job,
    plan,
    planHash: plan.planHash,
    clock: systemClock,
    sourceTopic: 'in',
    sourcePartitions: 1,
    shuffleTopic: 'shuffle',
    shufflePartitions: plan.job.mode === 'direct' ? 0 : 32,
    kafkaSinks: [{ topic: 'out', partitions: 4 }],
    printSinks: 0,
    deadLetterPartitions: 0,
    latePartitions: 0,
    onBadRecord: ({ message }) => {
      throw new Error(message);
    },
    groupWatermark: () => Promise.resolve(null),
  };
}

/** One pass of a fresh task over the sample, with a commit every ten batches; windows of the race close meanwhile. */
function pass(task: Task, pool: Outputs['pool']): void {
  for (let from = 0; from < batches.length; from += 10) {
    const outputs = new Outputs(pool);
    outputs.owner = 0;
    const chunk = batches.slice(from, from + 10);
    task.fold({ batches: chunk, nextOffset: chunk.at(-1)?.nextOffset ?? 0, limit: Infinity }, outputs);
    task.flush(outputs);
    outputs.recycle();
  }
}

interface Allocated {
  readonly where: string;
  readonly bytes: number;
}

function allocated(node: HeapProfiler.SamplingHeapProfileNode, into: Map<string, number>): void {
  const { functionName, url, lineNumber } = node.callFrame;
  const where = `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
  into.set(where, (into.get(where) ?? 0) + node.selfSize);
  for (const child of node.children) allocated(child, into);
}

async function profile(title: string, create: () => Task): Promise<void> {
  const { pool } = new Outputs();
  for (let i = 0; i < WARM_UP_PASSES; i++) pass(create(), pool);
  const tasks = Array.from({ length: PASSES }, create);
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLING_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  for (const task of tasks) pass(task, pool);
  const { profile: found } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  const byPlace = new Map<string, number>();
  allocated(found.head, byPlace);
  const places: Allocated[] = [...byPlace]
    .map(([where, bytes]) => ({ where, bytes }))
    .sort((a, b) => b.bytes - a.bytes);
  const total = places.reduce((sum, { bytes }) => sum + bytes, 0);
  const records = PASSES * recordCount;
  process.stdout.write(
    `${title}: ${(total / records).toFixed(2)} bytes of heap per record, ${total} in all for ${records} records\n`,
  );
  for (const { where, bytes } of places.slice(0, SHOWN))
    if (bytes > 0) process.stdout.write(`  ${(bytes / records).toFixed(3).padStart(8)}  ${where}\n`);
}

const direct = contextOf('tumbling-direct');
await profile('direct, tumbling', () => new DirectTask({ ...direct, job: trusting(direct.job) }, 0));
const shuffled = contextOf('tumbling-shuffled');
await profile('ingest, tumbling', () => new IngestTask(shuffled, 0));
const session = contextOf('session');
await profile('direct, session', () => new DirectTask({ ...session, job: trusting(session.job) }, 0));

/** The sample is one partition with all keys. */
function trusting(job: TaskContext['job']): TaskContext['job'] {
  return { ...job, source: { ...job.source, kafka: { ...job.source.kafka, partitioner: 'trusted' } } };
}
