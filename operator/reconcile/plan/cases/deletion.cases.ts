// The end of a job.
import {
  FINE_KAFKA,
  PODS,
  childrenOf,
  deploymentOf,
  fresh,
  job,
  pod,
  running,
  runningStatus,
} from '../../../testing/job-fixtures.ts';
import { type Row, SECONDS_AGO, deleting } from './row.cases.ts';

export const DELETION_ROWS: Record<string, Row> = {
  'a deleted job first stops its workers': {
    given: () => deleting({ deployment: deploymentOf(childrenOf(job())), pods: [pod(PODS[0])] }),
    does: ['deleteDeployment'],
    phase: 'Deleting',
    tells: ['Deleting'],
  },
  'a deleted job waits for its last pod': {
    given: () => deleting({ pods: [pod(PODS[0])] }),
    does: [],
    phase: 'Deleting',
  },
  'policy retain keeps everything and tells where it is': {
    given: () => deleting(),
    does: ['setFinalizer'],
    tells: ['Deleted'],
  },
  'policy drop deletes group, topic and checkpoints before it lets go': {
    given: () => deleting({ policy: 'drop' }),
    does: ['dropKafkaState', 'dropCheckpoints', 'setFinalizer'],
    phase: 'Deleting',
    tells: ['Deleting', 'Deleted'],
  },
  'a leftover member is put out before the group is dropped': {
    given: () => deleting({ policy: 'drop', kafka: { ...FINE_KAFKA, members: [PODS[0]] } }),
    does: ['evictMember', 'dropKafkaState', 'dropCheckpoints', 'setFinalizer'],
  },
  'after its deadline a deletion ends whatever is left, and says so': {
    given: () =>
      deleting({
        policy: 'drop',
        ago: 61,
        lastFailure: { reason: 'BrokerUnreachable', message: 'Kafka at kafka:9092 cannot be reached' },
      }),
    does: ['setFinalizer'],
    tells: ['DeletionDeadlineExceeded'],
  },
  'after its deadline a deletion does not wait for pods either': {
    given: () => deleting({ ago: 61, pods: [pod(PODS[0])] }),
    does: ['setFinalizer'],
    tells: ['DeletionDeadlineExceeded'],
  },
  'a job with an invalid spec that never ran is deleted at once': {
    given: () => {
      const theJob = job({ spec: { nonsense: true }, metadata: { deletionTimestamp: SECONDS_AGO(1) } });
      return fresh({ job: theJob });
    },
    does: ['setFinalizer'],
    tells: ['Deleted'],
  },
  'a job with an invalid edit is deleted as its last good spec says': {
    given: () => deleting({ spec: { nonsense: true } }),
    does: ['setFinalizer'],
    tells: ['Deleted'],
  },
  'a deletion without our finalizer is none of our business': {
    given: () =>
      running({
        job: job({
          metadata: { deletionTimestamp: SECONDS_AGO(1), finalizers: ['other.dev/x'] },
          status: runningStatus(),
        }),
      }),
    does: [],
  },
};
