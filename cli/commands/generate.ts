// streamjob generate clickstream: clicks to try a job with.
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { integer } from '../integer.ts';
import { outputOption, type OutputOptions } from '../output.ts';
import { stopSignal } from '../stop-signal.ts';

interface ClickstreamFlags extends OutputOptions {
  readonly brokers: string;
  readonly topic: string;
  readonly rate: string;
  readonly users: string;
  readonly seed: string;
}

const MAX_OUT_OF_ORDER_MS = 2_000;

export function addGenerate(program: Command): void {
  const generate = program.command('generate').description('make up data to try a job with');
  const command = generate
    .command('clickstream')
    .description('clicks of made-up users, out of order by up to 2 s, at wall-clock time, until stopped')
    .requiredOption('--brokers <servers>', 'bootstrap servers, comma-separated')
    .requiredOption('--topic <name>', 'an existing topic')
    .option('--rate <n>', 'records per second', '1000')
    .option('--users <n>', 'users', '1000')
    .option('--seed <n>', 'the same seed gives the same clicks', '1');
  outputOption(command).action(async (flags: ClickstreamFlags) => {
    const rate = integer('--rate', flags.rate, { min: 1, max: 1_000_000 });
    const { clickstream, produceClicks } = await import('../clickstream/index.ts');
    const clicks = clickstream({
      seed: integer('--seed', flags.seed, { min: 0, max: 2 ** 31 }),
      count: Number.MAX_SAFE_INTEGER,
      users: integer('--users', flags.users, { min: 1, max: 100_000_000 }),
      partitions: await partitionsOf(flags.brokers, flags.topic),
      startMs: Date.now(),
      spacingMs: 1000 / rate,
      maxOutOfOrderMs: MAX_OUT_OF_ORDER_MS,
      tickAfterMs: null,
    });
    const { records } = await produceClicks({
      bootstrapServers: flags.brokers,
      topic: flags.topic,
      clicks,
      ratePerSecond: rate,
      signal: stopSignal(),
    });
    process.stdout.write(
      flags.output === 'json' ? `${JSON.stringify({ records })}\n` : `${records} records produced\n`,
    );
  });
}

async function partitionsOf(brokers: string, topic: string): Promise<number> {
  const { Kafka, logLevel } = await import('kafkajs');
  const admin = new Kafka({
    brokers: brokers.split(','),
    clientId: 'streamjob-generate',
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  }).admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length ?? 0;
  } catch (error) {
    throw new CliError(
      3,
      `cannot find topic ${topic} on ${brokers}: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    await admin.disconnect();
  }
}
