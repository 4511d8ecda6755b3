// Stops waiting for something that itself may go on, such as a connection that is being set up for others as well.

/** Settles as `work` does, or rejects with the signal's reason when it is aborted first. */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const onAbort = (): void => reject(signal.reason);
  const settle = (finish: () => void): void => {
    signal.removeEventListener('abort', onAbort);
    finish();
  };
  work.then(
    (result) => settle(() => resolve(result)),
    (error: unknown) => settle(() => reject(error)),
  );
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return promise;
}
