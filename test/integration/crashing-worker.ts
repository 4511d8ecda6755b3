// A worker that kills itself (SIGKILL) at one step of the commit cycle: the product's own code, with a fault put between it and the
// broker or the store. Usage: crashing-worker.ts CONFIG STEP NTH, environment as of a pod.
import { readFile } from 'node:fs/promises';
import { parseWorkerConfig, validateStreamJob, workerManifest } from '../../crds/index.ts';
import type { ObjectStore } from '../../runtime/checkpoint/index.ts';
import type { Broker } from '../../runtime/log/broker.ts';
import { jsonLogger, openStore, workerOptions } from '../../runtime/main.ts';
import { runWorkerProcess } from '../../runtime/worker-process.ts';

const [configFile = '', step = '', nth = '1'] = process.argv.slice(2);
let left = Number(nth);

function crashAt(name: string): void {
  if (name !== step || --left > 0) return;
  process.stderr.write(`${JSON.stringify({ event: 'crash', step })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const STEPS = new Set(['produce', 'txnOffsetCommit', 'endTxn', 'addPartitionsToTxn', 'addOffsetsToTxn']);

function faulty<T extends Broker | ObjectStore>(target: T, steps: ReadonlySet<string>): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      const call = value.bind(object) as (...args: unknown[]) => unknown;
      if (typeof name !== 'string' || !steps.has(name)) return call;
      return async (...args: unknown[]) => {
        crashAt(`before-${name}`);
        const answer = await call(...args);
        crashAt(`after-${name}`);
        return answer;
      };
    },
  });
}

/** A checkpoint is two objects: the state, then the manifest. */
function faultyStore(store: ObjectStore): ObjectStore {
  return new Proxy(store, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      if (name !== 'create') return value.bind(object) as unknown;
      return async (key: string, body: Uint8Array) => {
        const part = key.slice(key.lastIndexOf('.') + 1);
        crashAt(`before-${part}`);
        const answer = await object.create(key, body);
        crashAt(`after-${part}`);
        return answer;
      };
    },
  });
}

const config = parseWorkerConfig(await readFile(configFile, 'utf8'));
const checked = validateStreamJob(workerManifest(config));
if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
const instanceId = process.env['POD_NAME'] ?? 'worker-0';
const log = jsonLogger({ instance: instanceId });
const store = faultyStore(openStore(checked.resolved.checkpoint.storage));
const options = workerOptions(
  { configFile, instanceId, port: 0, onProblem: 'exit' },
  { config, job: checked.resolved, log, store },
);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')));
process.exitCode = await runWorkerProcess(
  { ...options, connect: async () => faulty(await options.connect(), STEPS) },
  stop.signal,
);
