// streamjob operator: entry point of the operator image.
import type { Command } from 'commander';
import { integer } from '../integer.ts';
import { outputOption } from '../output.ts';
import { stopSignal } from '../stop-signal.ts';

interface OperatorFlags {
  readonly kubeconfig?: string;
  readonly namespace?: string[];
  readonly leaderElect: boolean;
  readonly port: string;
}

export function addOperator(program: Command): void {
  const command = program
    .command('operator')
    .description('reconcile StreamJobs of a cluster (the entry point of the operator image)')
    .option('--kubeconfig <file>', 'default: KUBECONFIG, ~/.kube/config, then the service account of the pod')
    .option('--namespace <name...>', 'namespaces to serve (default: all)')
    .option('--no-leader-elect', 'work without holding the Lease')
    .option('--port <n>', 'of /healthz, /readyz and /metrics', '8080');
  outputOption(command).action(async ({ kubeconfig, namespace, leaderElect, port }: OperatorFlags) => {
    // Before anything is loaded: the first process of a container ignores signals that it has no handler for.
    const signal = stopSignal();
    const { runOperator } = await import('../../operator/index.ts');
    await runOperator({
      kubeconfig,
      namespaces: namespace,
      leaderElect,
      port: integer('--port', port, { min: 0, max: 65_535 }),
      signal,
    });
  });
}
