// What a Kafka request is to the connection: its number, the versions we speak, and how its bytes are written and read.
import type { Reader, Writer } from '@platformatic/kafka';

export interface RequestSpec<Request, Response> {
  readonly name: string;
  readonly apiKey: number;
  /** Lowest and highest version that `write` and `read` know; the highest one that the broker offers is used. */
  readonly versions: readonly [min: number, max: number];
  readonly write: (writer: Writer, request: Request, version: number) => void;
  /**
   * Reads the body. Error codes of the broker are part of the response, nothing is thrown for them. `release` may be called, once,
   * when nothing refers to the bytes of the answer any more: then their memory is used again.
   */
  readonly read: (reader: Reader, version: number, release: () => void) => Response;
}

/** Reads past the throttle time, which the broker enforces by itself. */
export function skipThrottleTime(reader: Reader): void {
  reader.readInt32();
}

/** On the wire a member without an instance id has null there: the empty text would be an id. */
export function instanceIdOf({ instanceId }: { readonly instanceId: string }): string | null {
  return instanceId === '' ? null : instanceId;
}
