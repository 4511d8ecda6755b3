// Keys and certificates of the local cluster, made once on a machine: they open nothing but clusters that live for a test run on this machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { ensurePackages } from '../debian-packages.ts';
import { run } from '../exec.ts';
import { API_ADDRESS, API_SERVICE_ADDRESS, NODE_ADDRESS, NODE_NAME } from './addresses.ts';

interface Certificate {
  /** File name without ending. */
  readonly name: string;
  readonly subject: string;
  readonly alternativeNames?: string;
}

/** Who is who, by the user and group names that Kubernetes gives its components. */
const CERTIFICATES: readonly Certificate[] = [
  {
    name: 'apiserver',
    subject: '/CN=kube-apiserver',
    alternativeNames: [
      'DNS:localhost',
      'DNS:kubernetes',
      'DNS:kubernetes.default',
      'DNS:kubernetes.default.svc',
      'IP:127.0.0.1',
      `IP:${API_SERVICE_ADDRESS}`,
      `IP:${NODE_ADDRESS}`,
    ].join(','),
  },
  {
    name: 'kubelet',
    subject: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
    alternativeNames: `DNS:${NODE_NAME},IP:${NODE_ADDRESS}`,
  },
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
  { name: 'controller-manager', subject: '/CN=system:kube-controller-manager' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'proxy', subject: '/CN=system:kube-proxy' },
];
export type Identity = 'admin' | 'kubelet' | 'controller-manager' | 'scheduler' | 'proxy';

const DAYS = '3650';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

async function issue(folder: string, certificate: Certificate): Promise<void> {
  const { name, subject, alternativeNames } = certificate;
  const at = (ending: string): string => join(folder, `${name}.${ending}`);
  const extensions = ['keyUsage=digitalSignature,keyEncipherment', 'extendedKeyUsage=serverAuth,clientAuth'];
  if (alternativeNames !== undefined) extensions.push(`subjectAltName=${alternativeNames}`);
  writeFileSync(at('ext'), `${extensions.join('\n')}\n`);
  await run('openssl', ['req', ...NEW_KEY, '-keyout', at('key'), '-out', at('csr'), '-subj', subject]);
  const authority = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial'];
  await run('openssl', [
    'x509',
    '-req',
    '-in',
    at('csr'),
    ...authority,
    '-out',
    at('crt'),
    '-days',
    DAYS,
    '-extfile',
    at('ext'),
  ]);
}

/** The folder with `ca.crt`, a `.crt` and `.key` for each component, and the key pair `service-account.{key,pub}`. */
export async function clusterKeys(): Promise<string> {
  return cached({
    name: 'cluster-keys',
    inputs: [JSON.stringify(CERTIFICATES), DAYS, ...NEW_KEY],
    keep: 1,
    build: async (folder) => {
      await ensurePackages({ openssl: 'openssl' });
      const [key, crt] = [join(folder, 'ca.key'), join(folder, 'ca.crt')];
      await run('openssl', [
        'req',
        '-x509',
        ...NEW_KEY,
        '-keyout',
        key,
        '-out',
        crt,
        '-subj',
        '/CN=streamjob-test-ca',
        '-days',
        DAYS,
      ]);
      for (const certificate of CERTIFICATES) await issue(folder, certificate);
      const [signing, checking] = [join(folder, 'service-account.key'), join(folder, 'service-account.pub')];
      await run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', signing]);
      await run('openssl', ['ec', '-in', signing, '-pubout', '-out', checking]);
    },
  });
}

/** A kubeconfig that holds all it needs. JSON, which is YAML too. */
export function kubeconfig(keys: string, identity: Identity): string {
  const base64 = (file: string): string => readFileSync(join(keys, file)).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'streamjob-test', cluster: { server: API_ADDRESS, 'certificate-authority-data': base64('ca.crt') } },
    ],
    users: [
      {
        name: identity,
        user: { 'client-certificate-data': base64(`${identity}.crt`), 'client-key-data': base64(`${identity}.key`) },
      },
    ],
    contexts: [{ name: 'streamjob-test', context: { cluster: 'streamjob-test', user: identity } }],
    'current-context': 'streamjob-test',
  });
}
