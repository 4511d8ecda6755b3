import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { KubeApiError } from './api-error.ts';
import { LeaderElector, type Lease, type LeasePort } from './lease.ts';

/** A lease in a server that checks resource versions; `down` makes it unreachable, `hang` lets requests wait for ever. */
class LeaseServer {
  lease: Lease | null = null;
  down = false;
  hang = false;
  private version = 0;

  port(): LeasePort {
    const guard = async (): Promise<void> => {
      if (this.hang) await new Promise(() => undefined);
      if (this.down) throw new KubeApiError('Unreachable', 'down');
    };
    return {
      find: async () => {
        await guard();
        return this.lease;
      },
      create: async (lease) => {
        await guard();
        if (this.lease !== null) throw new KubeApiError('AlreadyExists', 'exists');
        return this.store(lease);
      },
      replace: async (lease) => {
        await guard();
        if (lease.metadata.resourceVersion !== this.lease?.metadata.resourceVersion)
          throw new KubeApiError('Conflict', 'stale');
        return this.store(lease);
      },
    };
  }

  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity;
  }

  private store(lease: Lease): Lease {
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.version) } };
    return this.lease;
  }
}

interface Candidate {
  readonly stop: AbortController;
  readonly result: Promise<boolean>;
  leading: boolean;
}

function candidate(identity: string, server: LeaseServer, clock: VirtualClock): Candidate {
  const stop = new AbortController();
  const elector = new LeaderElector({ port: server.port(), clock, name: 'op', namespace: 'sys', identity });
  const made: Candidate = {
    stop,
    leading: false,
    result: elector.run(async (signal) => {
      made.leading = true;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      made.leading = false;
    }, stop.signal),
  };
  return made;
}

test('of two operators one leads, and the other takes over when the first gives the lease back', async () => {
  const [server, clock] = [new LeaseServer(), new VirtualClock()];
  const a = candidate('a', server, clock);
  await clock.advance(10);
  const b = candidate('b', server, clock);
  await clock.advance(60_000);
  expect([a.leading, b.leading, server.holder]).toEqual([true, false, 'a']);
  a.stop.abort();
  await clock.advance(2_000);
  expect([await a.result, a.leading, b.leading, server.holder]).toEqual([true, false, true, 'b']);
  expect(server.lease?.spec?.leaseTransitions).toBe(1);
  b.stop.abort();
  await clock.advance(0);
  expect([await b.result, server.holder]).toEqual([true, '']);
});

test('a leader that dies is replaced after the lease has run out, not earlier, whatever its clock said', async () => {
  const [server, clock] = [new LeaseServer(), new VirtualClock()];
  server.lease = {
    metadata: { name: 'op', resourceVersion: '0' },
    spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2099-01-01T00:00:00.000000Z' },
  };
  const b = candidate('b', server, clock);
  await clock.advance(14_900);
  expect(b.leading).toBe(false);
  await clock.advance(2_100);
  expect([b.leading, server.holder]).toEqual([true, 'b']);
  b.stop.abort();
  await clock.advance(0);
  await b.result;
});

test('a leader that cannot renew steps down before anybody else may take the lease', async () => {
  const [server, clock] = [new LeaseServer(), new VirtualClock()];
  const a = candidate('a', server, clock);
  await clock.advance(10);
  server.down = true;
  await clock.advance(9_000);
  expect(a.leading).toBe(true);
  await clock.advance(4_000);
  expect(a.leading).toBe(false);
  expect(await a.result).toBe(false);
});

test('a request that never answers does not keep a leader in office', async () => {
  const [server, clock] = [new LeaseServer(), new VirtualClock()];
  const a = candidate('a', server, clock);
  await clock.advance(10);
  server.hang = true;
  await clock.advance(13_000);
  expect([a.leading, await a.result]).toEqual([false, false]);
});

test('a leader whose lease was taken steps down at its next look', async () => {
  const [server, clock] = [new LeaseServer(), new VirtualClock()];
  const a = candidate('a', server, clock);
  await clock.advance(10);
  server.lease = {
    metadata: { name: 'op', resourceVersion: '99' },
    spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 },
  };
  await clock.advance(2_100);
  expect([a.leading, await a.result, server.holder]).toEqual([false, false, 'thief']);
});

test('a short outage does not end a term', async () => {
  const [server, clock] = [new LeaseServer(), new VirtualClock()];
  const a = candidate('a', server, clock);
  await clock.advance(10);
  server.down = true;
  await clock.advance(7_000);
  server.down = false;
  await clock.advance(60_000);
  expect(a.leading).toBe(true);
  a.stop.abort();
  await clock.advance(0);
  await a.result;
});

test('a renew deadline that is not shorter than the lease is refused', () => {
  const make = (): LeaderElector =>
    new LeaderElector({
      port: new LeaseServer().port(),
      clock: new VirtualClock(),
      name: 'op',
      namespace: 's',
      identity: 'a',
      leaseMs: 10_000,
      renewDeadlineMs: 10_000,
    });
  expect(make).toThrow(/must be shorter/);
});
