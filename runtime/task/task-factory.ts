// From a partition to the task that owns it.
import type { TopicPartition } from '../log/broker.ts';
import { AggregateTask } from './aggregate-task.ts';
import { DirectTask } from './direct-task.ts';
import { IngestTask } from './ingest-task.ts';
import type { TaskContext } from './task-context.ts';
import type { Task } from './task.ts';

export function createTask(context: TaskContext, { topic, partition }: TopicPartition): Task {
  if (topic === context.shuffleTopic) return new AggregateTask(context, partition);
  return context.job.mode === 'direct' ? new DirectTask(context, partition) : new IngestTask(context, partition);
}
