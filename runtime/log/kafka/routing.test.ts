// Routing against scripted brokers: what a real cluster of one cannot show.
import { Writer } from '@platformatic/kafka';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { systemRandom } from '../../random.ts';
import type { Broker } from '../broker.ts';
import { connectKafka } from './connect.ts';
import { ALL_VERSIONS, type Script, type ScriptedRequest, ScriptedServer } from './scripted-server.cases.ts';

const API = { produce: 0, listOffsets: 2, metadata: 3, findCoordinator: 10, heartbeat: 12 };
const STAMP = { groupId: 'g', generation: 1, memberId: 'm', instanceId: 'pod-a' };
const TOPIC_ID = '00000000-0000-0000-0000-000000000001';
const NO_LEADER = -1;

interface Address {
  readonly host: string;
  readonly port: number;
}

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script, [...ALL_VERSIONS, { apiKey: 21, min: 0, max: 2 }]);
  opened.push(server);
  return server;
}

async function connect(server: ScriptedServer): Promise<Broker> {
  const bootstrapServers = `127.0.0.1:${server.address.port}`;
  const broker = await connectKafka({ bootstrapServers, clientId: 'test', clock: systemClock, random: systemRandom });
  opened.push({ [Symbol.asyncDispose]: () => broker.close() });
  return broker;
}

/** An address that nobody listens at. */
async function deadAddress(): Promise<Address> {
  const server = await ScriptedServer.start(() => undefined);
  const { address } = server;
  await server[Symbol.asyncDispose]();
  return address;
}

function metadataAnswer(brokers: readonly Address[], leaders: readonly number[]): Writer {
  return Writer.create()
    .appendInt32(0)
    .appendArray([...brokers], (w, { host, port }, id) =>
      w.appendInt32(id).appendString(host).appendInt32(port).appendString(null),
    )
    .appendString('cluster')
    .appendInt32(0)
    .appendArray(['clicks'], (w, name) => {
      w.appendInt16(0).appendString(name).appendUUID(TOPIC_ID).appendBoolean(false);
      w.appendArray([...leaders], (p, leader, partition) => {
        p.appendInt16(leader === NO_LEADER ? 5 : 0)
          .appendInt32(partition)
          .appendInt32(leader)
          .appendInt32(3);
        for (let list = 0; list < 3; list++) p.appendArray([0], (n, id) => n.appendInt32(id), true, false);
      }).appendInt32(0);
    })
    .appendTaggedFields();
}

function produceAnswer(partitions: readonly (readonly [partition: number, errorCode: number])[]): Writer {
  return Writer.create()
    .appendArray(['clicks'], (w, name) => {
      w.appendString(name).appendArray([...partitions], (p, [partition, errorCode]) => {
        p.appendInt32(partition).appendInt16(errorCode).appendInt64(70n).appendInt64(-1n).appendInt64(0n);
        p.appendArray([], () => undefined).appendString(null);
      });
    })
    .appendInt32(0)
    .appendTaggedFields();
}

const produceTo = (broker: Broker, partitions: readonly number[]) =>
  broker.produce({
    transactionalId: 't',
    timeoutMs: 1000,
    partitions: partitions.map((partition) => ({ topic: 'clicks', partition, batch: Buffer.from('batch') })),
  });

describe('produce', () => {
  test('each leader gets its partitions; those without one, or with one that is gone, answer for themselves', async () => {
    const dead = await deadAddress();
    const other = await serve(({ answer }) => answer(produceAnswer([[1, 0]])));
    const first: ScriptedServer = await serve(({ apiKey, answer }) => {
      if (apiKey === API.metadata) answer(metadataAnswer([first.address, other.address, dead], [0, 1, 2, NO_LEADER]));
      else answer(produceAnswer([[0, 19]]));
    });
    const produced = await produceTo(await connect(first), [3, 2, 1, 0, 9]);
    expect(produced.map(({ partition, error, baseOffset }) => [partition, error, baseOffset])).toEqual([
      [3, 'LEADER_NOT_AVAILABLE', -1],
      [2, 'LEADER_NOT_AVAILABLE', -1],
      [1, 'NONE', 70],
      [0, 'NOT_ENOUGH_REPLICAS', 70],
      [9, 'UNKNOWN_TOPIC_OR_PARTITION', -1],
    ]);
    expect(produced[1]?.errorMessage).toContain(`127.0.0.1:${dead.port}: connect ECONNREFUSED`);
  });

  test('a partition that the broker leaves out of its answer is an error', async () => {
    const server: ScriptedServer = await serve(({ apiKey, answer }) => {
      answer(apiKey === API.metadata ? metadataAnswer([server.address], [0, 0]) : produceAnswer([[1, 0]]));
    });
    const produced = await produceTo(await connect(server), [0, 1]);
    expect(produced.map(({ error }) => error)).toEqual(['UNKNOWN_SERVER_ERROR', 'NONE']);
  });

  test('the connection to one leader is lost: the outcome of the whole is unknown', async () => {
    const other = await serve(({ socket }) => socket.destroy());
    const first: ScriptedServer = await serve(({ apiKey, answer }) => {
      if (apiKey === API.metadata) answer(metadataAnswer([first.address, other.address], [0, 1]));
      else answer(produceAnswer([[0, 0]]));
    });
    const broker = await connect(first);
    await expect(produceTo(broker, [0, 1])).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
  });

  test('after NOT_LEADER_OR_FOLLOWER the leader is asked for again', async () => {
    let leader = 0;
    const other = await serve(({ answer }) => answer(produceAnswer([[0, 0]])));
    const first: ScriptedServer = await serve(({ apiKey, answer }) => {
      if (apiKey === API.metadata) {
        answer(metadataAnswer([first.address, other.address], [leader]));
        return;
      }
      leader = 1;
      answer(produceAnswer([[0, 6]]));
    });
    const broker = await connect(first);
    expect((await produceTo(broker, [0]))[0]?.error).toBe('NOT_LEADER_OR_FOLLOWER');
    expect((await produceTo(broker, [0]))[0]?.error).toBe('NONE');
  });
});

describe('coordinators', () => {
  const found = ({ host, port }: Address, errorCode = 0): Writer =>
    Writer.create()
      .appendInt32(0)
      .appendArray(['g'], (w, key) => {
        w.appendString(key)
          .appendInt32(0)
          .appendString(host)
          .appendInt32(port)
          .appendInt16(errorCode)
          .appendString(null);
      })
      .appendTaggedFields();
  const beat = (errorCode: number): Writer =>
    Writer.create().appendInt32(0).appendInt16(errorCode).appendTaggedFields();

  /** A bootstrap server that answers FindCoordinator in turn, the last answer for ever. */
  function locating(
    answers: readonly ((self: ScriptedServer) => Writer)[],
  ): Promise<{ server: ScriptedServer; asked: () => number }> {
    let asked = 0;
    let server: ScriptedServer;
    const script = ({ apiKey, answer }: ScriptedRequest): void => {
      if (apiKey === API.metadata) answer(metadataAnswer([server.address], []));
      else if (apiKey === API.findCoordinator) answer(answers[Math.min(asked++, answers.length - 1)]!(server));
      else answer(beat(0));
    };
    return serve(script).then((started) => {
      server = started;
      return { server, asked: () => asked };
    });
  }

  test('are looked for until they are there, and remembered', async () => {
    const { server, asked } = await locating([
      ({ address }) => found(address, 15),
      ({ address }) => found(address, 14),
      ({ address }) => found(address),
    ]);
    const broker = await connect(server);
    expect(await broker.heartbeat(STAMP)).toEqual({ error: 'NONE' });
    expect(await broker.heartbeat(STAMP)).toEqual({ error: 'NONE' });
    expect(asked()).toBe(3);
  });

  test('that we may not ask for are an answer at once', async () => {
    const { server, asked } = await locating([({ address }) => found(address, 30)]);
    const broker = await connect(server);
    expect(await broker.heartbeat(STAMP)).toEqual({ error: 'GROUP_AUTHORIZATION_FAILED' });
    expect(await broker.offsetFetch({ groupId: 'g', partitions: [] })).toEqual({
      error: 'GROUP_AUTHORIZATION_FAILED',
      offsets: [],
    });
    expect(asked()).toBe(2);
  });

  test('that moved are looked for again by the next request', async () => {
    const moved = await serve(({ answer }) => answer(beat(16)));
    const { server, asked } = await locating([() => found(moved.address), ({ address }) => found(address)]);
    const broker = await connect(server);
    expect(await broker.heartbeat(STAMP)).toEqual({ error: 'NOT_COORDINATOR' });
    expect(await broker.heartbeat(STAMP)).toEqual({ error: 'NONE' });
    expect(asked()).toBe(2);
  });

  test('that are gone are looked for again before anything is sent', async () => {
    const dead = await deadAddress();
    const { server, asked } = await locating([() => found(dead), ({ address }) => found(address)]);
    const broker = await connect(server);
    expect(await broker.heartbeat(STAMP)).toEqual({ error: 'NONE' });
    expect(asked()).toBe(2);
  });
});
