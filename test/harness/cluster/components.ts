// The programs of the local cluster with their arguments and configuration files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_ADDRESS, NODE_NAME, POD_RANGE, SERVICE_RANGE } from './addresses.ts';
import { type Identity, kubeconfig } from './pki.ts';

export interface ClusterFiles {
  /** State of this cluster, removed with it. */
  readonly folder: string;
  /** Certificates and keys (pki.ts). */
  readonly keys: string;
  /** The Kubernetes programs (binaries.ts). */
  readonly binaries: string;
  readonly pauseImageName: string;
}

export interface ComponentSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const ETCD_URL = 'http://127.0.0.1:2379';
const CNI_PROGRAMS = '/usr/lib/cni';

/** Where containerd listens; reachable from outside the sandbox too. */
export function containerdSocket(folder: string): string {
  return join(folder, 'containerd.sock');
}

/** `--name=value` for each entry. */
function flags(values: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

/** A kubeconfig file for a component. */
export function identityFile(files: ClusterFiles, identity: Identity): string {
  const path = join(files.folder, `${identity}.kubeconfig`);
  writeFileSync(path, kubeconfig(files.keys, identity), { mode: 0o600 });
  return path;
}

export function etcd({ folder }: ClusterFiles): ComponentSpec {
  const peers = 'http://127.0.0.1:2380';
  const args = flags({
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': ETCD_URL,
    'advertise-client-urls': ETCD_URL,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `default=${peers}`,
    // What it holds lives as long as the test run, so it need not survive a power cut.
    'unsafe-no-fsync': true,
  });
  return { name: 'etcd', command: 'etcd', args };
}

export function apiServer({ binaries, keys }: ClusterFiles): ComponentSpec {
  const args = flags({
    'etcd-servers': ETCD_URL,
    'advertise-address': NODE_ADDRESS,
    'secure-port': 6443,
    'service-cluster-ip-range': SERVICE_RANGE,
    'kubelet-preferred-address-types': 'InternalIP',
    'tls-cert-file': join(keys, 'apiserver.crt'),
    'tls-private-key-file': join(keys, 'apiserver.key'),
    'client-ca-file': join(keys, 'ca.crt'),
    'kubelet-client-certificate': join(keys, 'admin.crt'),
    'kubelet-client-key': join(keys, 'admin.key'),
    'service-account-key-file': join(keys, 'service-account.pub'),
    'service-account-signing-key-file': join(keys, 'service-account.key'),
    'service-account-issuer': 'https://kubernetes.default.svc',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
  });
  return { name: 'kube-apiserver', command: join(binaries, 'kube-apiserver'), args };
}

export function controllerManager(files: ClusterFiles): ComponentSpec {
  const args = flags({
    kubeconfig: identityFile(files, 'controller-manager'),
    'service-account-private-key-file': join(files.keys, 'service-account.key'),
    'root-ca-file': join(files.keys, 'ca.crt'),
    'use-service-account-credentials': true,
    'leader-elect': false,
    'cluster-cidr': POD_RANGE,
  });
  return { name: 'kube-controller-manager', command: join(files.binaries, 'kube-controller-manager'), args };
}

export function scheduler(files: ClusterFiles): ComponentSpec {
  const args = flags({ kubeconfig: identityFile(files, 'scheduler'), 'leader-elect': false });
  return { name: 'kube-scheduler', command: join(files.binaries, 'kube-scheduler'), args };
}

export function kubeProxy(files: ClusterFiles): ComponentSpec {
  const args = flags({
    kubeconfig: identityFile(files, 'proxy'),
    'proxy-mode': 'iptables',
    'hostname-override': NODE_NAME,
    'cluster-cidr': POD_RANGE,
    // These limits belong to the whole machine; they cannot be set from within a network namespace.
    'conntrack-max-per-core': 0,
    'conntrack-tcp-timeout-established': '0s',
    'conntrack-tcp-timeout-close-wait': '0s',
  });
  return { name: 'kube-proxy', command: join(files.binaries, 'kube-proxy'), args };
}

export function containerd({ folder, pauseImageName }: ClusterFiles): ComponentSpec {
  const networks = join(folder, 'cni');
  const config = join(folder, 'containerd.toml');
  mkdirSync(networks, { recursive: true });
  const bridge = {
    type: 'bridge',
    bridge: 'pods0',
    isGateway: true,
    hairpinMode: true,
    ipam: {
      type: 'host-local',
      dataDir: join(folder, 'addresses'),
      ranges: [[{ subnet: POD_RANGE }]],
      routes: [{ dst: '0.0.0.0/0' }],
    },
  };
  const plugins = [bridge, { type: 'portmap', capabilities: { portMappings: true } }];
  writeFileSync(join(networks, '10-pods.conflist'), JSON.stringify({ cniVersion: '0.4.0', name: 'pods', plugins }));
  writeFileSync(
    config,
    `version = 2
root = "${join(folder, 'containerd')}"
state = "${join(folder, 'containerd-state')}"
[grpc]
  address = "${containerdSocket(folder)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImageName}"
  # Without the right to lower a process's OOM score every pod would fail.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_PROGRAMS}"
    conf_dir = "${networks}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`,
  );
  return { name: 'containerd', command: 'containerd', args: ['--config', config] };
}

export function kubelet(files: ClusterFiles): ComponentSpec {
  const { folder, keys, binaries } = files;
  const config = join(folder, 'kubelet.json');
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      failCgroupV1: false,
      cgroupDriver: 'cgroupfs',
      // Containers' limits hold; groups of pods are not needed, and would be left behind.
      cgroupsPerQOS: false,
      enforceNodeAllocatable: [],
      containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: join(keys, 'ca.crt') },
      },
      authorization: { mode: 'Webhook' },
      tlsCertFile: join(keys, 'kubelet.crt'),
      tlsPrivateKeyFile: join(keys, 'kubelet.key'),
      failSwapOn: false,
      // The machine's memory and disk are not this node's: it must not end pods for their sake, nor delete the imported images.
      evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
      imageGCHighThresholdPercent: 100,
      resolvConf: '/dev/null',
    }),
  );
  const args = flags({
    config,
    kubeconfig: identityFile(files, 'kubelet'),
    'hostname-override': NODE_NAME,
    'node-ip': NODE_ADDRESS,
    'root-dir': '/var/lib/kubelet',
  });
  return { name: 'kubelet', command: join(binaries, 'kubelet'), args };
}
