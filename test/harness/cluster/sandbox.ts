// A place of its own for the local cluster: own processes, mounts and network. When its first process ends the kernel ends all the others and
// takes away every mount, link and firewall rule made in it, so a cluster can leave nothing behind, however it ends.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, succeeds } from '../exec.ts';
import { waitUntil } from '../ports.ts';
import { processIdentity } from '../process-identity.ts';
import { describeFailure, type ManagedProcess, startProcess } from '../processes.ts';
import { HOST_ADDRESS, HOST_LINK, NODE_ADDRESS, NODE_PREFIX_BITS, POD_RANGE, SERVICE_RANGE } from './addresses.ts';

export interface Sandbox {
  /** Command and arguments that run a program inside. */
  inside(command: string, args: readonly string[]): readonly [command: string, args: readonly string[]];
  /** Ends everything in it. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 30_000;

/** Run as the sandbox's first process: private copies of the folders that components write to by fixed names; then it waits, in place of an init. */
const FIRST_PROCESS = `set -e
mount --make-rshared /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mkdir -p /var/lib/kubelet "$1/kubelet"
mount --bind "$1/kubelet" /var/lib/kubelet
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
touch "$1/sandbox-ready"
exec "$2"
`;

/** The process that `unshare` forked: the first in the sandbox. */
function childOf(pid: number): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      if (Number(parent) === pid) return Number(name);
    } catch (error) {
      // A process that ended while the list was read.
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) continue;
      throw error;
    }
  }
  return undefined;
}

async function connectNetwork(firstPid: number): Promise<void> {
  // The link of a crashed run goes when its sandbox does, which may take the kernel a moment.
  await waitUntil(
    async () => !(await succeeds('ip', ['link', 'show', HOST_LINK])) || succeeds('ip', ['link', 'delete', HOST_LINK]),
    {
      timeoutMs: START_TIMEOUT_MS,
      what: `the end of an earlier cluster's link ${HOST_LINK}`,
    },
  );
  await run('ip', ['link', 'add', HOST_LINK, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(firstPid)]);
  await run('ip', ['address', 'add', `${HOST_ADDRESS}/${NODE_PREFIX_BITS}`, 'dev', HOST_LINK]);
  await run('ip', ['link', 'set', HOST_LINK, 'up']);
  const within = (...args: string[]): Promise<unknown> =>
    run('nsenter', [`--net=/proc/${firstPid}/ns/net`, 'ip', ...args]);
  await within('address', 'add', `${NODE_ADDRESS}/${NODE_PREFIX_BITS}`, 'dev', 'eth0');
  await within('link', 'set', 'eth0', 'up');
  await within('route', 'add', 'default', 'via', HOST_ADDRESS);
  // So that tests on this machine reach pods and services.
  for (const range of [POD_RANGE, SERVICE_RANGE]) await run('ip', ['route', 'replace', range, 'via', NODE_ADDRESS]);
}

function unshareProcess(folder: string, waitingProgram: string): Promise<ManagedProcess> {
  const script = join(folder, 'first-process.sh');
  writeFileSync(script, FIRST_PROCESS);
  const own = ['--mount', '--propagation=private', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  return startProcess({
    name: 'local cluster',
    command: 'unshare',
    args: [...own, 'sh', script, folder, waitingProgram],
    logPath: join(folder, 'logs', 'sandbox.log'),
    ownPaths: [folder],
  });
}

/** Makes the sandbox with its network. `folder` is the cluster's state, `waitingProgram` one that sleeps and collects ended children. */
export async function startSandbox(folder: string, waitingProgram: string): Promise<Sandbox> {
  mkdirSync(folder, { recursive: true });
  const unshare = await unshareProcess(folder, waitingProgram);
  const ready = join(folder, 'sandbox-ready');
  try {
    await waitUntil(() => succeeds('test', ['-e', ready]), {
      timeoutMs: START_TIMEOUT_MS,
      what: "the start of the local cluster's sandbox",
      check: () => {
        if (!unshare.running()) throw new Error(describeFailure(unshare, 'it could not be set up'));
      },
    });
    const firstPid = childOf(unshare.pid);
    if (firstPid === undefined) throw new Error(describeFailure(unshare, 'its first process is not there'));
    const firstIdentity = processIdentity(firstPid);
    await connectNetwork(firstPid);
    return {
      inside: (command, args) => [
        'nsenter',
        [`--target=${firstPid}`, '--mount', '--net', '--pid', '--', command, ...args],
      ],
      async stop() {
        // Not unshare but the first process: the kernel lets it go only when all others are gone, so after it nothing is left to wait for.
        if (processIdentity(firstPid) === firstIdentity) process.kill(firstPid, 'SIGKILL');
        await waitUntil(async () => processIdentity(firstPid) !== firstIdentity, {
          timeoutMs: STOP_TIMEOUT_MS,
          what: "the end of the local cluster's processes",
        });
        await unshare.stop(0);
      },
    };
  } catch (error) {
    await unshare.stop(0);
    throw error;
  }
}
