// The steps of the hot path one by one, each with the code that runs in a worker: they tell where its time goes. Prints JSON lines.
import type { AggregateSet } from '../../runtime/aggregate/index.ts';
import { OK } from '../../runtime/job/index.ts';
// The scanner is part of its room, not of its door: here it is measured alone.
import { JsonScanner } from '../../runtime/job/json-scanner.ts';
import { RecordCursor, RecordsBuilder } from '../../runtime/log/batch/index.ts';
import {
  decodeSnapshot,
  encodeSnapshot,
  KeyTable,
  SECTION_END,
  SECTION_PARTIALS,
  ShuffleBlockReader,
  ShuffleBlockWriter,
} from '../../runtime/state/index.ts';
import { START_MS } from '../data/click-stream.ts';
import { measure, type MicroResult } from './micro-result.ts';
import { sampleBatches, samplePlan } from './sample-data.ts';

const SHUFFLE_PARTITIONS = 32;
const MANY_KEYS = 1_000_000;

const batches = sampleBatches();
const direct = samplePlan('tumbling-direct');
const shuffled = samplePlan('tumbling-shuffled');
const cursor = new RecordCursor();

/** Calls `each` on every record; answers how many there were. */
function records(each: () => void): number {
  let count = 0;
  for (const batch of batches) {
    cursor.reset(batch);
    while (cursor.next()) {
      each();
      count++;
    }
  }
  return count;
}

function print(result: MicroResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function decode(): void {
  let bytes = 0;
  print(measure('decode: bounds of a record in a batch', 'record', () => records(() => (bytes += cursor.valueEnd))));
  if (bytes < 0) throw new Error('sizes are never negative');
}

function scan(): void {
  const scanner = new JsonScanner(shuffled.fields);
  print(
    measure('scan: fields of a JSON document', 'record', () =>
      records(() => scanner.scan(cursor.buffer, cursor.valueStart, cursor.valueEnd)),
    ),
  );
}

function read(): void {
  const reader = direct.newReader(0);
  print(
    measure('read: scan, event time, key, inputs', 'record', () =>
      records(() => {
        if (reader.read(cursor) !== OK) throw new Error('a click is bad');
      }),
    ),
  );
}

/** The same number of rows for every size of table: what differs is how far apart they lie in memory. */
function upsert(keys: number): void {
  const aggregates = direct.newAggregates();
  const table = new KeyTable(direct.windowLayout);
  const bytes = Buffer.alloc(keys * 8);
  for (let key = 0; key < keys; key++) bytes.writeUInt32LE(Math.imul(key, 0x9e3779b1) >>> 0, key * 8);
  const input = {
    eventTimeMs: START_MS,
    inputs: Float64Array.of(1, 17, 17),
    scalarBytes: Buffer.alloc(0),
    scalarStarts: new Int32Array(3),
    scalarEnds: new Int32Array(3),
  };
  let at = 0;
  print(
    measure(`table: upsert and add, ${keys.toLocaleString('en')} keys`, 'record', () => {
      const count = 200_000;
      for (let i = 0; i < count; i++) {
        const start = at * 8;
        at = at + 1 === keys ? 0 : at + 1;
        const row = table.upsert(bytes, start, start + 8, bytes.readUInt32LE(start) | 0);
        aggregates.add(table, row, input);
      }
      return count;
    }),
  );
}

/** A table with the sample's users, as a window or a pane of pre-aggregates holds them. */
function filledTable(of: typeof direct, aggregates: AggregateSet, layout = of.windowLayout): KeyTable {
  const table = new KeyTable(layout);
  const reader = of.newReader(0);
  records(() => {
    if (reader.read(cursor) !== OK) throw new Error('a click is bad');
    const row = table.upsert(reader.keyBytes, reader.keyStart, reader.keyEnd, reader.keyHash);
    aggregates.add(table, row, reader);
    if (layout.provenance) table.note(row, cursor.offset);
  });
  return table;
}

function writeRows(): void {
  const aggregates = direct.newAggregates();
  const table = filledTable(direct, aggregates);
  const writer = direct.newRowWriter(aggregates);
  print(
    measure('write: result rows into a batch', 'row', () => {
      const sink = new RecordsBuilder();
      sink.owner(0);
      const endMs = START_MS + 10_000;
      writer.begin({ table, rows: null, count: table.rowCount, startMs: START_MS, endMs, starts: null, ends: null });
      for (let row = 0; row < table.rowCount; row++) writer.write(row, sink, START_MS);
      return table.rowCount;
    }),
  );
}

function shuffleBlocks(): void {
  const table = filledTable(shuffled, shuffled.newAggregates(), shuffled.partialLayout);
  const all = Array.from({ length: table.rowCount }, (_, row) => row);
  const byPartition = Array.from({ length: SHUFFLE_PARTITIONS }, (_, partition) =>
    Int32Array.from(all.filter((row) => row % SHUFFLE_PARTITIONS === partition)),
  );
  const blockWriter = new ShuffleBlockWriter({ planHash: shuffled.planHash, sourcePartition: 0 });
  const write = (): number => {
    blockWriter.reset();
    for (const rows of byPartition) {
      blockWriter.appendPartials({
        paneStartMs: START_MS,
        maxEventTimeMs: START_MS,
        table,
        rows,
        from: 0,
        to: rows.length,
      });
      blockWriter.finish();
    }
    return table.rowCount;
  };
  print(measure('shuffle: partials into blocks', 'row', write));
  const blockReader = new ShuffleBlockReader({ layout: shuffled.partialLayout, inputCount: shuffled.inputCount });
  print(
    measure('shuffle: partials out of blocks', 'row', () => {
      let rows = 0;
      for (const [index, start] of blockWriter.starts.entries()) {
        blockReader.open(blockWriter.buffer, start, blockWriter.ends[index] as number);
        for (let kind = blockReader.next(); kind !== SECTION_END; kind = blockReader.next())
          if (kind === SECTION_PARTIALS) rows += blockReader.partials.rowCount;
      }
      return rows;
    }),
  );
}

function snapshots(): void {
  const table = new KeyTable(direct.windowLayout);
  const key = Buffer.alloc(8);
  for (let number = 0; number < MANY_KEYS; number++) {
    key.writeUInt32LE(number, 0);
    table.upsert(key, 0, 8, Math.imul(number, 0x9e3779b1));
  }
  const snapshot = {
    planHash: direct.planHash,
    taskId: 'direct-0',
    offset: 0,
    maxEventTimeMs: START_MS,
    watermarkMs: START_MS,
    sources: [],
    counters: {},
    panes: [{ startMs: START_MS, table }],
    epoch: 0,
    flushedEpoch: 0,
    fired: [],
  };
  const bytes = encodeSnapshot(snapshot);
  const megabytes = bytes.length / 1e6;
  const rows = `${MANY_KEYS.toLocaleString('en')} rows, ${Math.round(megabytes)} MB`;
  print(
    measure(`snapshot: state into bytes (${rows})`, 'MB', () => {
      encodeSnapshot(snapshot);
      return megabytes;
    }),
  );
  print(
    measure(`snapshot: bytes into state (${rows})`, 'MB', () => {
      decodeSnapshot(bytes, direct.windowLayout);
      return megabytes;
    }),
  );
}

decode();
scan();
read();
upsert(5000);
upsert(MANY_KEYS);
writeRows();
shuffleBlocks();
snapshots();
