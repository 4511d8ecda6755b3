// What a record has besides its value, in slots like the fields of the value: `$key`, `$partition`, `$timestamp`, `$headers.<name>`. Only
// what a job uses is filled in, and headers are only looked at when one of them is used.
import type { FieldSlots } from './field-slots.ts';
import { HeaderFields } from './header-fields.ts';
import { ABSENT, NULL, NUMBER, STRING } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';

export const RECORD_KEY_PATH = '$key';
const PARTITION_PATH = '$partition';
const TIMESTAMP_PATH = '$timestamp';
const HEADER_PREFIX = '$headers.';

/** Whether a path is not one into the record's value. */
export function isEnvelopePath(path: string): boolean {
  return path === RECORD_KEY_PATH || path === PARTITION_PATH || path === TIMESTAMP_PATH || isHeaderPath(path);
}

/** The header's name is all that follows the first dot. */
export function isHeaderPath(path: string): boolean {
  return path.startsWith(HEADER_PREFIX);
}

export class EnvelopeFields {
  private readonly slots: FieldSlots;
  /** −1: not used. */
  private readonly keySlot: number;
  private readonly timestampSlot: number;
  private readonly headers: HeaderFields | null;

  /** Fills those slots whose paths are not into the value. `partition`: of the source. */
  constructor(slots: FieldSlots, partition: number) {
    const { paths, types, numbers } = slots;
    this.slots = slots;
    this.keySlot = paths.indexOf(RECORD_KEY_PATH);
    this.timestampSlot = paths.indexOf(TIMESTAMP_PATH);
    const names = paths.flatMap((path, slot) =>
      isHeaderPath(path) ? [{ name: Buffer.from(path.slice(HEADER_PREFIX.length)), slot }] : [],
    );
    this.headers = names.length === 0 ? null : new HeaderFields(names, slots);
    const partitionSlot = paths.indexOf(PARTITION_PATH);
    if (partitionSlot < 0) return;
    types[partitionSlot] = NUMBER;
    numbers[partitionSlot] = partition;
  }

  /**
   * A null key is null, no timestamp is absent, so is a header that the record does not have. Numbers have no text in the record: start
   * and end of their slots are 0. Throws `BrokerError` CORRUPT for headers that are none.
   */
  fill(record: RecordView): void {
    const { types, starts, ends, numbers } = this.slots;
    const { keySlot, timestampSlot } = this;
    if (keySlot >= 0) {
      types[keySlot] = record.keyStart < 0 ? NULL : STRING;
      starts[keySlot] = record.keyStart;
      ends[keySlot] = record.keyEnd;
    }
    if (timestampSlot >= 0) {
      types[timestampSlot] = record.timestampMs < 0 ? ABSENT : NUMBER;
      numbers[timestampSlot] = record.timestampMs;
    }
    this.headers?.fill(record);
  }
}
