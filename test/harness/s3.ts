// A real S3 server for tests and demonstrations: the one named in S3_ENDPOINT, else SeaweedFS on this machine.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BucketAlreadyExists,
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { atExit } from './exit-hooks.ts';
import { freePorts, waitUntil } from './ports.ts';
import { describeFailure, type ManagedProcess, reapLeftovers, startProcess } from './processes.ts';
import { weedBinary } from './s3/weed-binary.ts';

export interface S3Access {
  /** URL for clients on this machine. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

export interface S3Server extends S3Access, AsyncDisposable {
  /** URL for pods; throws when the server was started without `podAddress`. */
  readonly endpointForPods: string;
  readonly pid: number | undefined;
  createBucket(name: string): Promise<void>;
  /** Crashes the server (SIGKILL); its data stay. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port, after a crash if it runs. */
  restart(): Promise<void>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
}

export interface S3Options {
  /** Starts one of the harness's own also when `S3_ENDPOINT` is set: for tests that crash it. Default false. */
  readonly own?: boolean;
  /** An address of this machine that pods reach: the server listens on all addresses then. */
  readonly podAddress?: string;
}

const START_TIMEOUT_MS = 60_000;
const WARM_UP_BUCKET = 'harness-warm-up';
const ACCESS: Omit<S3Access, 'endpoint'> = {
  accessKeyId: 'streamjob-test',
  secretAccessKey: 'streamjob-test-secret',
  region: 'us-east-1',
};

/** A client of the AWS SDK for the given server. The caller destroys it. */
export function s3Client(access: S3Access): S3Client {
  return new S3Client({
    endpoint: access.endpoint,
    region: access.region,
    forcePathStyle: true,
    credentials: { accessKeyId: access.accessKeyId, secretAccessKey: access.secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

async function createBucket(access: S3Access, name: string): Promise<void> {
  const client = s3Client(access);
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }));
  } finally {
    client.destroy();
  }
}

/** The first bucket and object take longest: the server then finds itself a volume. So the warm-up is one of each. */
async function writable(access: S3Access): Promise<boolean> {
  const client = s3Client(access);
  try {
    await client.send(new CreateBucketCommand({ Bucket: WARM_UP_BUCKET })).catch((error: unknown) => {
      if (!(error instanceof BucketAlreadyExists || error instanceof BucketAlreadyOwnedByYou)) throw error;
    });
    await client.send(new PutObjectCommand({ Bucket: WARM_UP_BUCKET, Key: 'ready', Body: 'ready' }));
    return true;
  } finally {
    client.destroy();
  }
}

function externalS3(endpoint: string): S3Server {
  const variable = (name: string): string => {
    const value = process.env[name];
    if (value === undefined || value === '') throw new Error(`S3_ENDPOINT is set, so ${name} must be set too`);
    return value;
  };
  const access: S3Access = {
    endpoint,
    accessKeyId: variable('AWS_ACCESS_KEY_ID'),
    secretAccessKey: variable('AWS_SECRET_ACCESS_KEY'),
    region: process.env['AWS_REGION'] ?? ACCESS.region,
  };
  const refuse = (what: string) => async (): Promise<void> => {
    throw new Error(
      `cannot ${what} the S3 server: S3_ENDPOINT=${endpoint} names one that is not the harness's; ask for one with {own: true}`,
    );
  };
  const stop = async (): Promise<void> => undefined;
  return {
    ...access,
    endpointForPods: process.env['S3_ENDPOINT_FOR_PODS'] ?? endpoint,
    pid: undefined,
    createBucket: (name) => createBucket(access, name),
    kill: refuse('kill'),
    restart: refuse('restart'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const identities = {
  identities: [
    {
      name: 'test',
      credentials: [{ accessKey: ACCESS.accessKeyId, secretKey: ACCESS.secretAccessKey }],
      actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
    },
  ],
};

interface WeedCommand {
  readonly args: readonly string[];
  /** What the server makes outside its folder. */
  readonly sockets: readonly string[];
}

async function weedCommand(folder: string, s3Port: number, allAddresses: boolean): Promise<WeedCommand> {
  const [master = 0, masterGrpc = 0, volume = 0, volumeGrpc = 0, filer = 0, filerGrpc = 0, s3Grpc = 0] =
    await freePorts(7);
  const config = join(folder, 'identities.json');
  writeFileSync(config, JSON.stringify(identities));
  const args = [
    '-logtostderr=true',
    'server',
    `-dir=${folder}`,
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    `-master.port=${master}`,
    `-master.port.grpc=${masterGrpc}`,
    '-master.telemetry=false',
    // The only master need not wait long for others before it leads.
    '-master.electionTimeout=300ms',
    '-master.heartbeatInterval=100ms',
    '-master.volumeSizeLimitMB=256',
    `-volume.port=${volume}`,
    `-volume.port.grpc=${volumeGrpc}`,
    '-volume.max=200',
    '-volume.preStopSeconds=0',
    '-filer',
    `-filer.port=${filer}`,
    `-filer.port.grpc=${filerGrpc}`,
    `-filer.localSocket=${join(folder, 'filer.sock')}`,
    '-s3',
    `-s3.port=${s3Port}`,
    `-s3.port.grpc=${s3Grpc}`,
    '-s3.port.iceberg=0',
    '-s3.port.lance=0',
    `-s3.localSocket=${join(folder, 's3.sock')}`,
    `-s3.ip.bind=${allAddresses ? '0.0.0.0' : '127.0.0.1'}`,
    `-s3.config=${config}`,
    // As on AWS: what is written to a bucket that nobody made is an error.
    '-s3.autoCreateBucket=false',
  ];
  const grpcPorts = { master: masterGrpc, volume: volumeGrpc, filer: filerGrpc, s3: s3Grpc };
  return {
    args,
    sockets: Object.entries(grpcPorts).map(([part, number]) => `/tmp/seaweedfs-${part}-grpc-${number}.sock`),
  };
}

/** Starts an S3 server, or uses the one in `S3_ENDPOINT`. Resolves when a bucket can be made and written to. */
export async function startS3(options: S3Options = {}): Promise<S3Server> {
  const external = process.env['S3_ENDPOINT'];
  if (external !== undefined && external !== '' && options.own !== true) return externalS3(external);
  reapLeftovers();
  const weed = await weedBinary();
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'streamjob-s3-'));
  const { args, sockets } = await weedCommand(folder, port, options.podAddress !== undefined);
  const ownPaths = [folder, ...sockets];
  const removeFiles = (): void => {
    for (const path of ownPaths) rmSync(path, { recursive: true, force: true });
  };
  const forget = atExit(removeFiles);
  const access: S3Access = { endpoint: `http://127.0.0.1:${port}`, ...ACCESS };
  let server: ManagedProcess | undefined;
  const start = async (): Promise<void> => {
    const started = await startProcess({
      name: `S3 server on port ${port}`,
      command: weed,
      args,
      logPath: join(folder, 's3.log'),
      cwd: folder,
      ownPaths,
    });
    server = started;
    await waitUntil(() => writable(access), {
      timeoutMs: START_TIMEOUT_MS,
      what: `a write to the S3 server at ${access.endpoint}`,
      check: () => {
        if (!started.running()) throw new Error(describeFailure(started, 'the S3 server ended by itself'));
      },
    });
  };
  const remove = async (): Promise<void> => {
    await server?.stop(0);
    removeFiles();
    forget();
  };
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  const { podAddress } = options;
  return {
    ...access,
    get endpointForPods() {
      if (podAddress === undefined)
        throw new Error(
          'this S3 server cannot be reached by pods: start it with {podAddress: cluster.hostAddressForPods}',
        );
      return `http://${podAddress}:${port}`;
    },
    get pid() {
      return server?.running() === true ? server.pid : undefined;
    },
    createBucket: (name) => createBucket(access, name),
    kill: async () => server?.stop(0),
    async restart() {
      await server?.stop(0);
      await start();
    },
    stop: remove,
    [Symbol.asyncDispose]: remove,
  };
}
