// Once a second: lets source partitions wait that are far ahead of the job's slowest one, and lets them go on. The slowest may be another
// worker's, so what the others have committed counts too.
import type { Clock } from '../clock.ts';
import { BrokerError, type Broker } from '../log/broker.ts';
import { type LogReader, partitionKey } from '../log/client/index.ts';
import { decodeCommitMetadata } from './commit-metadata.ts';
import { type PartitionPace, partitionsAhead } from './read-pace.ts';
import type { TaskSlot } from './task-slot.ts';

export interface ReadPacerOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly groupId: string;
  readonly reader: LogReader;
  /** 0: partitions wait for each other only when memory is tight. */
  readonly maxDriftMs: number;
  readonly sourceTopic: string;
  slots(): readonly TaskSlot[];
  /** Of the source topic. */
  partitionCount(): number;
  /** Whether windows should be kept from opening. */
  memoryIsTight(): boolean;
}

const PERIOD_MS = 1_000;

export class ReadPacer {
  readonly #options: ReadPacerOptions;

  constructor(options: ReadPacerOptions) {
    this.#options = options;
  }

  /** Until `end`. Throws what no retry can cure. */
  async run(end: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!end.aborted) {
      await clock.sleep(PERIOD_MS, end);
      await this.#round();
    }
  }

  async #round(): Promise<void> {
    const { reader, clock } = this.#options;
    // Partitions of a direct job close their own windows: there is nothing that they could wait for.
    const own = this.#options.slots().filter(({ kind, state }) => kind === 'ingest' && state === 'live');
    const maxDriftMs = this.#options.memoryIsTight() ? 0 : this.#options.maxDriftMs || Number.POSITIVE_INFINITY;
    const paces = own.map(paceOf);
    const catchesUp = maxDriftMs < Number.POSITIVE_INFINITY && paces.some(({ caughtUp }) => !caughtUp);
    const others = catchesUp ? await this.#others(new Set(paces.map(({ key }) => key))) : [];
    const ahead = catchesUp && others !== null ? partitionsAhead([...paces, ...others], maxDriftMs) : new Set<string>();
    for (const slot of own) {
      if (!ahead.has(partitionKey(slot.partition))) reader.resume(slot.partition);
      // Silence that we made is none of the partition.
      else if (reader.pause(slot.partition)) slot.task.observe({ caughtUp: false, atMs: clock.now() });
    }
  }

  /** As the other workers have committed them; null when the brokers cannot say just now. */
  async #others(own: ReadonlySet<string>): Promise<readonly PartitionPace[] | null> {
    const { broker, groupId, sourceTopic } = this.#options;
    const count = this.#options.partitionCount();
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic: sourceTopic, partition }));
    const asked = partitions.filter((partition) => !own.has(partitionKey(partition)));
    if (asked.length === 0) return [];
    try {
      const [{ offsets }, ends] = await Promise.all([
        broker.offsetFetch({ groupId, partitions: asked }),
        broker.listOffsets(asked.map((each) => ({ ...each, at: 'latest' }))),
      ]);
      const endOf = new Map(ends.map((end) => [partitionKey(end), end.error === 'NONE' ? end.offset : Infinity]));
      return offsets.map((committed) => {
        const key = partitionKey(committed);
        const metadata = decodeCommitMetadata(committed.metadata);
        const watermarkMs = metadata?.wm ?? null;
        // Silence that is short, or decides nothing, is in no commit: the log itself says whether there is anything to read.
        return { key, watermarkMs, caughtUp: metadata === null || committed.offset >= (endOf.get(key) ?? Infinity) };
      });
    } catch (error) {
      if (error instanceof BrokerError && error.retryable) return null;
      throw error;
    }
  }
}

function paceOf({ partition, task, highWatermark }: TaskSlot): PartitionPace {
  return {
    key: partitionKey(partition),
    watermarkMs: Number.isFinite(task.watermark) ? task.watermark : null,
    caughtUp: highWatermark !== null && task.position >= highWatermark,
  };
}
