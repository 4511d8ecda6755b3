// Starting a job.
import { shuffleTopicConfig } from '../../../../crds/index.ts';
import { FINE_KAFKA, fresh, job, running, spec } from '../../../testing/job-fixtures.ts';
import { type Row } from './row.cases.ts';

export const START_ROWS: Record<string, Row> = {
  'a new job gets its finalizer, then configuration, account, shuffle topic and workers, in this order': {
    given: () => fresh(),
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'createShuffleTopic', 'applyDeployment'],
    phase: 'Pending',
    replicas: 2,
  },
  'a new direct job gets no shuffle topic': {
    given: () => {
      const theJob = job({ spec: spec({ keyBy: ['$key'] }), metadata: { finalizers: [] } });
      return fresh({ job: theJob, kafka: { ...FINE_KAFKA, shuffle: { state: 'notNeeded' } } });
    },
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'applyDeployment'],
  },
  'a job whose source topic is missing is not started and names topic and broker': {
    given: () => fresh({ kafka: { ...FINE_KAFKA, source: { state: 'missing' }, shuffle: { state: 'unknown' } } }),
    does: ['setFinalizer'],
    phase: 'Pending',
    holds: { Stalled: 'TopicNotFound' },
    says: ['topic website-clicks does not exist on kafka:9092; create it'],
    tells: ['TopicNotFound'],
  },
  'a job whose broker cannot be reached is not started and names address and cause': {
    given: () =>
      fresh({
        kafka: {
          ...FINE_KAFKA,
          source: { state: 'unreachable', message: 'Kafka at kafka:9092 cannot be reached: ECONNREFUSED' },
          shuffle: { state: 'unknown' },
        },
      }),
    does: ['setFinalizer'],
    phase: 'Pending',
    holds: { Stalled: 'BrokerUnreachable' },
    says: ['kafka:9092', 'ECONNREFUSED'],
  },
  'a job whose topic the operator may not see is not started and names the ACL': {
    given: () =>
      fresh({
        kafka: {
          ...FINE_KAFKA,
          source: {
            state: 'unauthorized',
            message:
              'Looking at topic website-clicks is not allowed: the operator needs the ACL DESCRIBE on topic website-clicks',
          },
        },
      }),
    does: ['setFinalizer'],
    holds: { Stalled: 'NotAuthorized' },
    says: ['DESCRIBE on topic website-clicks'],
  },
  'a topic that was not looked at yet starts nothing and blames nothing': {
    given: () => fresh({ kafka: { ...FINE_KAFKA, source: { state: 'unknown' }, shuffle: { state: 'unknown' } } }),
    does: ['setFinalizer'],
    phase: 'Pending',
    holds: {},
  },
  'a shuffle topic that exists is not created again': {
    given: () => fresh({ kafka: FINE_KAFKA }),
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'applyDeployment'],
  },
  'a shuffle topic with other settings degrades and names setting and value': {
    given: () =>
      running({
        kafka: {
          ...FINE_KAFKA,
          shuffle: {
            state: 'exists',
            partitions: 32,
            config: { ...shuffleTopicConfig(1), 'retention.ms': '604800000' },
          },
        },
      }),
    does: [],
    phase: 'Running',
    holds: { Ready: 'AllTasksLive', Degraded: 'ShuffleTopicDiffers' },
    says: ['retention.ms is 604800000, must be -1'],
    tells: ['ShuffleTopicDiffers'],
  },
  'a shuffle topic with other partitions than maxParallelism stops the job': {
    given: () =>
      fresh({ kafka: { ...FINE_KAFKA, shuffle: { state: 'exists', partitions: 8, config: shuffleTopicConfig(1) } } }),
    does: ['setFinalizer'],
    holds: { Stalled: 'ShuffleTopicDiffers' },
    says: ['8 partitions', '32'],
  },
  'a shuffle topic that vanishes from a job with state is not made anew': {
    given: () => running({ kafka: { ...FINE_KAFKA, shuffle: { state: 'missing' } } }),
    does: [],
    phase: 'Failed',
    holds: { Stalled: 'LogTruncated' },
  },
  'state of an earlier job of this name is told of at the first start': {
    given: () => fresh({ kafka: { ...FINE_KAFKA, retainedGroups: ['analytics.user-metrics.deadbeef-1'] } }),
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'applyDeployment'],
    tells: ['RetainedStateFound'],
  },
};
