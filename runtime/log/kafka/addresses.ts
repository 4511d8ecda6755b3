// `host:port,host:port` as users write bootstrap servers.
import { BrokerError } from '../broker.ts';
import type { BrokerAddress } from './requests/metadata.ts';

const HIGHEST_PORT = 65_535;

/** Throws `BrokerError` UNREACHABLE for a text that names no address. */
export function parseBootstrapServers(text: string): BrokerAddress[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part, index, parts) => part !== '' || parts.length === 1)
    .map((part) => {
      const colon = part.lastIndexOf(':');
      const host = part.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
      const port = Number(part.slice(colon + 1));
      if (colon < 1 || host === '' || !Number.isInteger(port) || port < 1 || port > HIGHEST_PORT) {
        throw new BrokerError(
          'UNREACHABLE',
          `bootstrapServers is host:port[,host:port…], not "${text}": "${part}" is no address`,
        );
      }
      return { host, port };
    });
}

export function formatAddress({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
