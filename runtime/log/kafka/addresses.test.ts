import { expect, test } from 'vitest';
import { formatAddress, parseBootstrapServers } from './addresses.ts';

test.each([
  ['kafka:9092', ['kafka:9092']],
  [' a:1 , b:65535,', ['a:1', 'b:65535']],
  ['[::1]:9092', ['[::1]:9092']],
])('%s is read as %j', (text, addresses) => {
  expect(parseBootstrapServers(text).map(formatAddress)).toEqual(addresses);
});

test.each(['', 'kafka', 'kafka:', ':9092', 'kafka:0', 'kafka:65536', 'kafka:9092x', 'a:1,b'])(
  '"%s" is refused',
  (text) => {
    expect(() => parseBootstrapServers(text)).toThrow('bootstrapServers is host:port[,host:port…], not');
  },
);
