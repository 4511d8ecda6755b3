import { Writer } from '@platformatic/kafka';
import { afterEach, describe, expect, test } from 'vitest';
import { BrokerError } from '../broker.ts';
import { BrokerConnection } from './broker-connection.ts';
import { deleteRecords } from './requests/delete-records.ts';
import { heartbeat } from './requests/groups.ts';
import { ALL_VERSIONS, type Script, type ScriptedRequest, ScriptedServer } from './scripted-server.cases.ts';

const STAMP = { groupId: 'g', generation: 1, memberId: 'm', instanceId: 'pod-a' };
const PATIENT = { timeoutMs: 20_000 };

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
});

async function connect(script: Script): Promise<{ server: ScriptedServer; connection: BrokerConnection }> {
  const server = await ScriptedServer.start(script);
  const connection = await BrokerConnection.open(server.address, { clientId: 'test', connectTimeoutMs: 5000 });
  opened.push(server);
  return { server, connection };
}

/** An answer to Heartbeat. */
const beat = (errorCode: number): Writer => Writer.create().appendInt32(0).appendInt16(errorCode).appendTaggedFields();

describe('an answer', () => {
  test('with an error code is data', async () => {
    const { connection } = await connect(({ answer }) => answer(beat(22)));
    expect(await connection.request(heartbeat, STAMP, PATIENT)).toEqual({ error: 'ILLEGAL_GENERATION' });
    expect(connection.usable).toBe(true);
  });

  test('with a code that nobody knows is still an error', async () => {
    const { connection } = await connect(({ answer }) => answer(beat(9999)));
    expect(await connection.request(heartbeat, STAMP, PATIENT)).toEqual({ error: 'ERROR_9999' });
  });

  test('that cannot be read is CORRUPT', async () => {
    const { connection } = await connect(({ answer }) => answer(Buffer.from([0, 0])));
    await expect(connection.request(heartbeat, STAMP, PATIENT)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('Heartbeat v4'),
    });
  });
});

describe('no answer', () => {
  test('because the connection is lost: the outcome is unknown, for every request in flight', async () => {
    let received = 0;
    const { server, connection } = await connect(({ socket }) => {
      if (++received === 2) socket.destroy();
    });
    const both = [1, 2].map(() => connection.request(heartbeat, STAMP, PATIENT));
    for (const result of await Promise.allSettled(both)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'UNKNOWN_OUTCOME',
          retryable: true,
          message: expect.stringContaining(`127.0.0.1:${server.address.port} was lost before Heartbeat was answered`),
        },
      });
    }
    expect(connection.usable).toBe(false);
  });

  test('in time: the outcome is unknown and the connection is given up', async () => {
    const { connection } = await connect(() => undefined);
    await expect(connection.request(heartbeat, STAMP, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'UNKNOWN_OUTCOME',
      message: expect.stringContaining('gave no answer to Heartbeat within 20 ms'),
    });
    expect(connection.usable).toBe(false);
  });

  test('because we close: CLOSED', async () => {
    const { connection } = await connect(() => connection.destroy(new BrokerError('CLOSED', 'we are done')));
    await expect(connection.request(heartbeat, STAMP, PATIENT)).rejects.toThrow('we are done');
  });
});

describe('a request that is given up', () => {
  test('rejects with the reason; others on the connection are still answered, then it is closed', async () => {
    const giveUp = new AbortController();
    const waiting: ScriptedRequest[] = [];
    const { connection } = await connect((request) => {
      waiting.push(request);
      if (waiting.length < 2) return;
      giveUp.abort(new Error('enough'));
      for (const each of waiting) each.answer(beat(0));
    });
    const first = connection.request(heartbeat, STAMP, { ...PATIENT, signal: giveUp.signal });
    const second = connection.request(heartbeat, STAMP, PATIENT);
    await expect(first).rejects.toThrow('enough');
    expect(connection.usable).toBe(false);
    expect(await second).toEqual({ error: 'NONE' });
  });

  test('before it was sent is not sent', async () => {
    let received = 0;
    const { connection } = await connect(({ answer }) => {
      received++;
      answer(beat(0));
    });
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(connection.request(heartbeat, STAMP, { ...PATIENT, signal })).rejects.toThrow('too late');
    await connection.request(heartbeat, STAMP, PATIENT);
    expect(received).toBe(1);
  });
});

describe('versions', () => {
  test('a broker that lacks a required API is refused by name', async () => {
    const server = await ScriptedServer.start(
      () => undefined,
      ALL_VERSIONS.filter(({ apiKey }) => apiKey !== 28).map((each) =>
        each.apiKey === 11 ? { ...each, max: 5 } : each,
      ),
    );
    opened.push(server);
    await expect(
      BrokerConnection.open(server.address, { clientId: 'test', connectTimeoutMs: 5000 }),
    ).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      retryable: false,
      message: expect.stringMatching(
        /TxnOffsetCommit v3 \(offered: none\), JoinGroup v6 to v9 \(offered: v0 to v5\)\. Use Kafka/,
      ),
    });
  });

  test('one that lacks an optional API is taken, the request itself is refused', async () => {
    const { connection } = await connect(() => undefined);
    expect([connection.supports(heartbeat), connection.supports(deleteRecords)]).toEqual([true, false]);
    await expect(connection.request(deleteRecords, { offsets: [], timeoutMs: 1 }, PATIENT)).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
    });
  });

  test('the highest version that both sides know is spoken', async () => {
    const seen: number[] = [];
    const { connection } = await connect(({ version, answer }) => {
      seen.push(version);
      answer(beat(0));
    });
    await connection.request(heartbeat, STAMP, PATIENT);
    expect(seen).toEqual([4]);
  });
});
