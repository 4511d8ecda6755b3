// A partition that cannot be read on: what it means for the job. The log is never skipped silently.
import { partitionKey } from '../log/client/index.ts';
import type { ReaderFailure } from '../log/client/index.ts';
import { FatalProblem } from './problem.ts';
import type { TaskSlot } from './task-slot.ts';

export function readFailure(item: ReaderFailure, slot: TaskSlot): FatalProblem {
  const where = partitionKey(item);
  const details = { task: slot.name, topic: item.topic, partition: item.partition, offset: item.offset };
  if (item.error === 'OFFSET_OUT_OF_RANGE' && item.logStartOffset !== undefined && item.offset < item.logStartOffset)
    return new FatalProblem({
      reason: 'OffsetsLost',
      message: `task ${slot.name} needs ${where} from offset ${item.offset}, but the log now begins at ${item.logStartOffset}: ${item.logStartOffset - item.offset} records were deleted by retention before they were read`,
      userAction: 'raise retention.ms of the topic; delete and re-create the job to go on without the deleted records',
      ...details,
    });
  if (item.error === 'OFFSET_OUT_OF_RANGE')
    return new FatalProblem({
      reason: 'LogTruncated',
      message: `task ${slot.name} needs ${where} from offset ${item.offset}, but the log ends at ${item.highWatermark ?? '?'}: records that were committed are gone`,
      userAction:
        'was the topic re-created, or did an unclean leader election lose records? delete and re-create the job to start over',
      ...details,
    });
  if (item.error === 'TOPIC_RECREATED')
    return new FatalProblem({
      reason: 'OffsetsLost',
      message: `topic ${item.topic} was deleted and created again while the job was reading it (id ${item.topicId}, was ${item.formerTopicId}): task ${slot.name} was at offset ${item.offset}, which means nothing in the new one`,
      userAction: 'delete and re-create the job to start over on the new topic',
      ...details,
    });
  if (item.error === 'UNKNOWN_TOPIC_OR_PARTITION')
    return new FatalProblem({
      reason: 'TopicNotFound',
      message: `${where} was deleted while the job was reading it`,
      userAction: 'delete and re-create the job when the topic is there again',
      ...details,
    });
  if (item.error.endsWith('AUTHORIZATION_FAILED'))
    return new FatalProblem({
      reason: 'NotAuthorized',
      message: `not authorised to read ${where}: ${item.message}`,
      userAction: `grant READ on topic ${item.topic} to the worker's principal`,
      ...details,
    });
  return new FatalProblem({
    reason: 'LogTruncated',
    message: `${where} cannot be read at offset ${item.offset} (${item.error}): ${item.message}`,
    userAction: 'look at the broker that leads the partition; the worker does not skip records',
    ...details,
  });
}
