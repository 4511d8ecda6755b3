// How a locally run job is, on one line whenever something changes that a person would care about.
import type { StreamJobStatus } from '../crds/index.ts';

export interface StatusPrinter {
  readonly status: (status: StreamJobStatus) => void;
  readonly event: (event: { readonly type: string; readonly reason: string; readonly message: string }) => void;
  readonly problem: (message: string) => void;
}

export function statusPrinter(
  output: 'text' | 'json',
  write: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): StatusPrinter {
  let last = '';
  return {
    status: (status) => {
      const line = output === 'json' ? JSON.stringify({ status }) : statusLine(status);
      if (line === last) return;
      last = line;
      write(line);
    },
    event: (event) =>
      write(output === 'json' ? JSON.stringify({ event }) : `● ${event.type} ${event.reason}: ${event.message}`),
    problem: (message) => write(output === 'json' ? JSON.stringify({ problem: message }) : `● ${message}`),
  };
}

/** `● Running, 2 of 2 workers ready`, and why it is not if it is not. */
export function statusLine({ phase, readyReplicas, desiredReplicas, replicas, why }: StreamJobStatus): string {
  const wanted = desiredReplicas ?? replicas ?? 0;
  const reasons = [why?.blockedBy, why?.waitingFor, why?.userAction].filter(
    (part) => part !== undefined && part !== '',
  );
  return `● ${phase ?? 'Pending'}, ${readyReplicas ?? 0} of ${wanted} workers ready${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`;
}
