// The settings of the test broker: one node that is broker and controller, quick to start and small.

export interface Listeners {
  /** Port on 127.0.0.1 for clients on this machine. */
  readonly clientPort: number;
  readonly controllerPort: number;
  /** A second listener at an address that pods reach. */
  readonly pods?: { readonly address: string; readonly port: number };
  /** Address to bind the listeners to; in a container it differs from the advertised one. Default 127.0.0.1 and the pods' address. */
  readonly bindAddress?: string;
}

/** The listener settings: clients are told the address that they can reach. */
export function listenerProperties(listeners: Listeners): Record<string, string> {
  const { clientPort, controllerPort, pods, bindAddress } = listeners;
  const bound = [`CLIENTS://${bindAddress ?? '127.0.0.1'}:${clientPort}`, `CONTROLLER://127.0.0.1:${controllerPort}`];
  const advertised = [`CLIENTS://127.0.0.1:${clientPort}`];
  if (pods !== undefined) {
    bound.push(`PODS://${bindAddress ?? pods.address}:${pods.port}`);
    advertised.push(`PODS://${pods.address}:${pods.port}`);
  }
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENTS',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT,PODS:PLAINTEXT',
    listeners: bound.join(','),
    'advertised.listeners': advertised.join(','),
  };
}

/** Settings that make a broker for tests; a caller's own override them. */
export const TEST_PROPERTIES: Readonly<Record<string, string>> = {
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '8',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '8',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  // A group of one member need not wait for a second one.
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '500',
  // After a crash the controller lets the broker come back when the crashed one's session is over.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  // A topic that a test forgot to make is an error, not a topic.
  'auto.create.topics.enable': 'false',
  'num.partitions': '4',
  // Clicks and results have made-up times: the broker must not delete them as too old.
  'log.retention.ms': '-1',
  'log.segment.bytes': String(16 * 1024 * 1024),
  'log.cleaner.enable': 'false',
  'num.network.threads': '2',
  'num.io.threads': '4',
};

/** The text of a Java properties file. */
export function propertiesFile(properties: Readonly<Record<string, string>>): string {
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

/** The environment variables by which Kafka's own image takes a property: `log.dirs` is `KAFKA_LOG_DIRS`. */
export function containerEnvironment(properties: Readonly<Record<string, string>>): Record<string, string> {
  const variable = (key: string): string =>
    `KAFKA_${key.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`;
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [variable(key), value]));
}
