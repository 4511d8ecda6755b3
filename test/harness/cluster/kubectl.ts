// The machine's own kubectl, for clusters that the harness did not build itself.
import { findProgram } from '../debian-packages.ts';
import { run } from '../exec.ts';

/** What kubectl prints; fails with its message. */
export async function runKubectl(kubeconfigPath: string, args: readonly string[], stdin?: string): Promise<string> {
  if (findProgram('kubectl') === null)
    throw new Error('the tests need kubectl for this cluster, and it is not on PATH: install it');
  const { stdout } = await run(
    'kubectl',
    [`--kubeconfig=${kubeconfigPath}`, ...args],
    stdin === undefined ? {} : { input: stdin },
  );
  return stdout;
}
