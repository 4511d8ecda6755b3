// One broker and one S3 server for all test files of a run. They belong to the run's main process (global-setup.ts), which starts each when the
// first test asks for it; outside of such a run, this process starts its own and ends them with itself.
import { request } from 'node:http';
import { type Broker, startBroker } from './broker.ts';
import { type S3Access, type S3Server, startS3 } from './s3.ts';

/** Names the Unix socket at which the run's main process answers. */
export const SOCKET_VARIABLE = 'STREAMJOB_HARNESS_SOCKET';

export interface SharedBroker {
  readonly bootstrapServers: string;
}

export interface SharedS3 extends S3Access {
  /** A bucket that is there; tests use different prefixes in it. */
  readonly bucket: string;
}

export interface SharedServices {
  readonly broker: SharedBroker;
  readonly s3: SharedS3;
}

export const SHARED_BUCKET = 'streamjob-test';

/** Starts the services on first use and keeps them. */
export class ServiceOwner {
  #broker: Promise<Broker> | undefined;
  #s3: Promise<S3Server> | undefined;

  async broker(): Promise<SharedBroker> {
    this.#broker ??= startBroker();
    const { bootstrapServers } = await this.#broker;
    return { bootstrapServers };
  }

  async s3(): Promise<SharedS3> {
    this.#s3 ??= startS3().then(async (server) => {
      await server.createBucket(SHARED_BUCKET);
      return server;
    });
    const { endpoint, accessKeyId, secretAccessKey, region } = await this.#s3;
    return { endpoint, accessKeyId, secretAccessKey, region, bucket: SHARED_BUCKET };
  }

  /** Ends what was started. */
  async stop(): Promise<void> {
    const started = [this.#broker, this.#s3].filter((service) => service !== undefined);
    for (const result of await Promise.allSettled<Broker | S3Server>(started)) {
      if (result.status === 'fulfilled') await result.value.stop();
    }
  }
}

let ownServices: ServiceOwner | undefined;

function askOwner<K extends keyof SharedServices>(socketPath: string, service: K): Promise<SharedServices[K]> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: `/${service}` }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) resolve(JSON.parse(text) as SharedServices[K]);
        else reject(new Error(`the shared ${service} of this test run could not be started: ${text}`));
      });
    });
    asked.on('error', (cause) =>
      reject(new Error(`cannot ask for the shared ${service} at ${socketPath}: ${cause.message}`, { cause })),
    );
    asked.end();
  });
}

function own(): ServiceOwner {
  ownServices ??= new ServiceOwner();
  return ownServices;
}

/** The broker of this test run. Tests share it, so each uses topics and groups of its own (`uniqueName`) and never ends it. */
export function sharedBroker(): Promise<SharedBroker> {
  const socketPath = process.env[SOCKET_VARIABLE];
  return socketPath === undefined ? own().broker() : askOwner(socketPath, 'broker');
}

/** The S3 server of this test run, with a bucket. Tests share it, so each uses a prefix of its own and never ends it. */
export function sharedS3(): Promise<SharedS3> {
  const socketPath = process.env[SOCKET_VARIABLE];
  return socketPath === undefined ? own().s3() : askOwner(socketPath, 's3');
}
