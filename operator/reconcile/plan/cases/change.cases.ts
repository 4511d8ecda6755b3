// Changes of the spec: applied, refused, invalid.
import { edited, fresh, job, running, spec } from '../../../testing/job-fixtures.ts';
import { type Row } from './row.cases.ts';

export const CHANGE_ROWS: Record<string, Row> = {
  'more parallelism scales and does not roll': {
    given: () => running({ job: edited({ parallelism: 4 }) }),
    does: ['applyConfigMap', 'applyDeployment'],
    phase: 'Rescaling',
    replicas: 4,
    tells: ['Rescaling'],
  },
  'a shorter checkpoint interval rolls': {
    given: () =>
      running({
        job: edited({
          checkpoint: { interval: '5s', storage: (spec()['checkpoint'] as { storage: unknown }).storage },
        }),
      }),
    does: ['applyConfigMap', 'applyDeployment'],
  },
  'other brokers of the same cluster roll': {
    given: () =>
      running({
        job: edited({
          source: {
            kafka: { bootstrapServers: 'kafka2:9092', topic: 'website-clicks' },
            eventTime: { field: 'ts', unit: 'ms' },
          },
        }),
      }),
    does: ['applyConfigMap', 'applyDeployment'],
  },
  'another keyBy is refused, by name and value, and the last good spec goes on': {
    given: () => running({ job: edited({ keyBy: ['url'] }) }),
    does: [],
    phase: 'Running',
    holds: { Stalled: 'ChangeRefused' },
    says: [
      'spec.keyBy cannot change while the job has state',
      '["userId"]',
      '["url"]',
      'Generation 1 keeps running',
      'delete',
    ],
    tells: ['ChangeRefused'],
  },
  'another window is refused': {
    given: () => running({ job: edited({ window: { tumbling: { size: '5m' } } }) }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.window'],
  },
  'another maxParallelism is refused': {
    given: () => running({ job: edited({ maxParallelism: 64 }) }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.maxParallelism', '32', '64'],
  },
  'another source topic is refused': {
    given: () =>
      running({
        job: edited({
          source: { kafka: { bootstrapServers: 'kafka:9092', topic: 'other' }, eventTime: { field: 'ts', unit: 'ms' } },
        }),
      }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.source.kafka.topic'],
  },
  'other aggregates are refused': {
    given: () => running({ job: edited({ aggregates: { views: { count: {} } } }) }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.aggregates'],
  },
  'another bucket is refused, since state lies there': {
    given: () => running({ job: edited({ checkpoint: { storage: { s3: { bucket: 'elsewhere' } } } }) }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.checkpoint.storage'],
  },
  'a job with a refused change can still be scaled': {
    given: () => running({ job: edited({ keyBy: ['url'], parallelism: 3 }) }),
    does: ['applyDeployment'],
    replicas: 3,
    holds: { Stalled: 'ChangeRefused' },
  },
  'a job with a refused change can still be suspended': {
    given: () => running({ job: edited({ keyBy: ['url'], state: 'suspended' }) }),
    does: ['applyDeployment'],
    replicas: 0,
    phase: 'Suspending',
  },
  'any change is fine before the job was started': {
    given: () => fresh({ job: job({ spec: spec({ keyBy: ['url'] }), metadata: { generation: 2 } }) }),
    does: ['applyConfigMap', 'applyServiceAccount', 'createShuffleTopic', 'applyDeployment'],
  },
  'a change of plan without the ConfigMap that tells the old one is refused': {
    given: () => running({ job: edited({ keyBy: ['url'] }), configMap: null, lastGood: null }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['ConfigMap'],
  },
  'an invalid spec of a new job starts nothing and says what is wrong': {
    given: () => fresh({ job: job({ spec: spec({ window: { tumbling: { size: 'one minute' } } }) }) }),
    does: [],
    phase: 'Failed',
    holds: { Stalled: 'InvalidSpec' },
    says: ['spec.window.tumbling.size', 'one minute'],
    tells: ['InvalidSpec'],
  },
  'an invalid edit keeps the last good spec running': {
    given: () => running({ job: edited({ parallelism: -1 }) }),
    does: [],
    phase: 'Running',
    holds: { Stalled: 'InvalidSpec' },
    says: ['spec.parallelism', '-1', 'Generation 1 keeps running'],
  },
  'a part of a later release is told apart from a mistake': {
    given: () => running({ job: edited({ autoscale: { mode: 'auto' } }) }),
    does: [],
    phase: 'Running',
    holds: { Stalled: 'NotSupportedYet' },
    says: ['not supported yet: spec.autoscale'],
  },
  'an invalid edit does not keep a deleted Deployment from being made again': {
    given: () => running({ job: edited({ parallelism: -1 }), deployment: null }),
    does: ['applyDeployment'],
    replicas: 2,
  },
};
