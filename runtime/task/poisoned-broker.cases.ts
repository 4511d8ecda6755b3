// A broker whose answers become rubbish as soon as the reader gives their memory back, for tests: whoever looks at a record later fails.
import type { Broker, FetchedPartition } from '../log/broker.ts';

const RUBBISH = 0xdb;

export function poisonedBroker(broker: Broker): Broker {
  return new Proxy(broker, {
    get(target, name) {
      if (name === 'fetch')
        return async (...asked: Parameters<Broker['fetch']>) => (await target.fetch(...asked)).map(poisoned);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function poisoned(answer: FetchedPartition): FetchedPartition {
  if (answer.records === null) return answer;
  const records = Buffer.from(answer.records);
  let isReleased = false;
  const release = (): void => {
    if (isReleased) throw new Error(`the memory of ${answer.topic}-${answer.partition} was given back twice`);
    isReleased = true;
    records.fill(RUBBISH);
  };
  return { ...answer, records, release };
}
