// Work that must be done when this process ends, by itself, by an error or by a signal: above all ending the processes it started.

const hooks = new Set<() => void>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let installed = false;

function runHooks(): void {
  const waiting = [...hooks].reverse();
  hooks.clear();
  for (const hook of waiting) {
    try {
      hook();
    } catch (error) {
      process.stderr.write(`test harness: clean-up at exit failed: ${String(error)}\n`);
    }
  }
}

function install(): void {
  installed = true;
  process.on('exit', runHooks);
  for (const signal of SIGNALS) {
    const handler = (): void => {
      runHooks();
      // Listening to a signal takes away its default effect; give it back unless somebody else decides what happens next.
      if (process.listenerCount(signal) === 1) {
        process.off(signal, handler);
        process.kill(process.pid, signal);
      }
    };
    process.on(signal, handler);
  }
}

/** Runs `hook` (synchronous, latest first) when this process ends. Returns a function that takes it back. */
export function atExit(hook: () => void): () => void {
  if (!installed) install();
  hooks.add(hook);
  return () => hooks.delete(hook);
}
