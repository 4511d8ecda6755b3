import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  ProtocolDecodeError,
} from './consumer-protocol.ts';
import type { OwnershipMap } from './types.ts';

const MAP: OwnershipMap = {
  generation: 300,
  instances: ['a', 'bb'],
  topics: [
    { topic: 'in', partitions: [{ owner: 'a', releasingBy: null }] },
    {
      topic: 'shuffle',
      partitions: [
        { owner: 'bb', releasingBy: null },
        { owner: 'bb', releasingBy: 'a' },
      ],
    },
  ],
};

const hex = (...parts: string[]): string => parts.join('').replaceAll(' ', '');
const text = (value: string): string => Buffer.from(value).toString('hex');

const MAP_BYTES = hex(
  'ac02', // generation 300
  `02 01${text('a')} 02${text('bb')}`, // instances
  '02', // topics
  `02${text('in')} 01 00 00`, // one partition of a, no release
  `07${text('shuffle')} 02 01 01 01 01 00`, // two partitions of bb, number 1 released by a
);

describe('ConsumerProtocol bytes', () => {
  it('writes a subscription as version 1: topics, user data, owned partitions', () => {
    const bytes = encodeSubscription({
      topics: ['shuffle', 'in'],
      ownedPartitions: [
        { topic: 'shuffle', partition: 1 },
        { topic: 'shuffle', partition: 0 },
      ],
      generation: 300,
      nonce: 'n1',
      knownMap: MAP,
    });
    const userData = hex('01 ad02', `02${text('n1')}`, '01', MAP_BYTES);
    const length = (userData.length / 2).toString(16).padStart(8, '0');
    expect(bytes.toString('hex')).toBe(
      hex(
        '0001 00000002',
        `0002${text('in')} 0007${text('shuffle')}`,
        length,
        userData,
        `00000001 0007${text('shuffle')} 00000002 00000000 00000001`,
      ),
    );
  });

  it('writes an assignment as version 1: partitions by topic, user data', () => {
    const bytes = encodeAssignment({ partitions: [{ topic: 'in', partition: 0 }], map: MAP });
    const userData = hex('01', MAP_BYTES);
    const length = (userData.length / 2).toString(16).padStart(8, '0');
    expect(bytes.toString('hex')).toBe(hex(`0001 00000001 0002${text('in')} 00000001 00000000`, length, userData));
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(mapArbitrary, fc.integer({ min: -1, max: 2 ** 31 - 1 }), fc.string(), (map, generation, nonce) => {
        const partitions = map.topics.flatMap(({ topic, partitions }) =>
          partitions.flatMap(({ owner }, partition) => (owner === map.instances[0] ? [{ topic, partition }] : [])),
        );
        const topics = map.topics.map(({ topic }) => topic).toSorted();
        const subscription = { topics, ownedPartitions: partitions, generation, nonce, knownMap: map };
        expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription);
        expect(decodeSubscription(encodeSubscription({ ...subscription, knownMap: null })).knownMap).toBe(null);
        expect(decodeAssignment(encodeAssignment({ partitions, map }))).toEqual({ partitions, map });
      }),
    );
  });

  it('passes over user data of another version in a subscription, and of other clients', () => {
    const foreign = Buffer.from(
      hex(`0003 00000001 0001${text('t')} 00000002 07ff 00000001 0001${text('t')} 00000001 00000004`),
      'hex',
    );
    expect(decodeSubscription(foreign)).toEqual({
      topics: ['t'],
      ownedPartitions: [{ topic: 't', partition: 4 }],
      generation: -1,
      nonce: '',
      knownMap: null,
    });
  });

  it('refuses bytes that are cut', () => {
    const whole = encodeAssignment({ partitions: [{ topic: 'in', partition: 0 }], map: MAP });
    for (let end = 0; end < whole.length; end++)
      expect(() => decodeAssignment(whole.subarray(0, end)), `cut at ${end}`).toThrow(ProtocolDecodeError);
  });

  it('keeps a group of 64 workers with 1,024 partitions below the megabyte that the broker stores it in', () => {
    const instances = Array.from({ length: 64 }, (_, n) => `a-job-with-a-rather-long-name-worker-7d9f8b6c5-${n}`);
    const ownership = (partition: number) => ({
      owner: instances[partition % 64] ?? '',
      releasingBy: instances[(partition + 1) % 64] ?? '',
    });
    const map: OwnershipMap = {
      generation: 100_000,
      instances,
      topics: ['source', 'shuffle'].map((topic) => ({
        topic,
        partitions: Array.from({ length: 512 }, (_, n) => ownership(n)),
      })),
    };
    const partitions = Array.from({ length: 16 }, (_, n) => ({ topic: 'shuffle', partition: n * 64 }));
    const subscription = {
      topics: ['source', 'shuffle'],
      ownedPartitions: partitions,
      generation: 1,
      nonce: '01020304',
      knownMap: map,
    };
    const perMember = encodeAssignment({ partitions, map }).length + encodeSubscription(subscription).length;
    expect(perMember * 64).toBeLessThan(1_000_000);
  });
});

const mapArbitrary: fc.Arbitrary<OwnershipMap> = fc
  .record({
    generation: fc.nat(),
    instances: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }),
    topics: fc.array(fc.array(fc.tuple(fc.nat(), fc.option(fc.nat())), { minLength: 1, maxLength: 9 }), {
      maxLength: 3,
    }),
  })
  .map(({ generation, instances, topics }) => ({
    generation,
    instances,
    topics: topics.map((partitions, index) => ({
      topic: `t${index}`,
      partitions: partitions.map(([owner, by]) => ({
        owner: instances[owner % instances.length] ?? '',
        releasingBy: by === null ? null : (instances[by % instances.length] ?? null),
      })),
    })),
  }));
