// Values that an expression works with beyond single fields: what JSON.parse makes, maps and times of its own, and faults. A name is
// only ever looked up among a value's own, so that no path leads to anything but the record.
import { FAILED, MISSING } from './outcome.ts';

export class Timestamp {
  /** Since 1970; may have a fraction. */
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

export class Duration {
  /** May be negative and have a fraction. */
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** In place of a value that could not be had. */
export class Fault {
  /** `FAILED` or `MISSING`. */
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

export const FAILURE = new Fault(FAILED);
export const ABSENCE = new Fault(MISSING);

export interface JsonObject {
  readonly [name: string]: Value;
}

/** Maps of JSON are objects, maps that an expression makes are Maps: their keys may be numbers and booleans. */
export type ValueMap = JsonObject | ReadonlyMap<Value, Value>;

export type Value = null | boolean | number | string | Timestamp | Duration | Fault | ValueList | ValueMap;

export type ValueList = readonly Value[];

/** Deeper values are not compared: the comparison of two hostile ones must not overflow the stack. */
const MAX_DEPTH = 500;

export function isList(value: Value): value is ValueList {
  return Array.isArray(value);
}

export function isMap(value: Value): value is ValueMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Timestamp) &&
    !(value instanceof Duration) &&
    !(value instanceof Fault)
  );
}

export function hasKey(map: ValueMap, key: Value): boolean {
  if (map instanceof Map) return map.has(key);
  return typeof key === 'string' && Object.hasOwn(map, key);
}

/** What a key that is there stands for. */
export function atKey(map: ValueMap, key: Value): Value {
  if (map instanceof Map) return (map as ReadonlyMap<Value, Value>).get(key) ?? null;
  return typeof key === 'string' ? ((map as JsonObject)[key] ?? null) : null;
}

export function keysOf(map: ValueMap): ValueList {
  return map instanceof Map ? [...(map as ReadonlyMap<Value, Value>).keys()] : Object.keys(map);
}

/** A fault for what is null, when it is null that something else was needed. */
export function faultOf(value: Value): Fault {
  return value instanceof Fault ? value : value === null ? ABSENCE : FAILURE;
}

/** Why a value is not what is needed: `missing` for what is null or absent, else `FAILED`. */
export function faultCode(value: Value, missing: number): number {
  return faultOf(value).code === MISSING ? missing : FAILED;
}

/** Whether two values are equal, of different types never; null: too deep to tell. */
export function equal(one: Value, other: Value, depth = 0): boolean | null {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (one instanceof Timestamp) return other instanceof Timestamp && one.ms === other.ms;
  if (one instanceof Duration) return other instanceof Duration && one.ms === other.ms;
  if (depth > MAX_DEPTH) return null;
  if (isList(one)) {
    if (!isList(other) || one.length !== other.length) return false;
    return every(one.length, (index) => equal(one[index] ?? null, other[index] ?? null, depth + 1));
  }
  if (!isMap(one) || !isMap(other)) return false;
  const keys = keysOf(one);
  if (keys.length !== keysOf(other).length) return false;
  return every(keys.length, (index) => {
    const key = keys[index] ?? null;
    return hasKey(other, key) && equal(atKey(one, key), atKey(other, key), depth + 1);
  });
}

function every(count: number, holds: (index: number) => boolean | null): boolean | null {
  for (let index = 0; index < count; index++) {
    const verdict = holds(index);
    if (verdict !== true) return verdict;
  }
  return true;
}

/** −1, 0, 1; NaN for values without an order, or not of one type. */
export function order(one: Value, other: Value): number {
  if (typeof one === 'number' && typeof other === 'number')
    return one < other ? -1 : one > other ? 1 : one === other ? 0 : Number.NaN;
  if (typeof one === 'string' && typeof other === 'string') return compareText(one, other);
  if (typeof one === 'boolean' && typeof other === 'boolean') return Number(one) - Number(other);
  if (one instanceof Timestamp && other instanceof Timestamp) return order(one.ms, other.ms);
  if (one instanceof Duration && other instanceof Duration) return order(one.ms, other.ms);
  return Number.NaN;
}

/** By code point, which is the order of UTF-8 bytes and not that of JavaScript. */
export function compareText(one: string, other: string): number {
  const common = Math.min(one.length, other.length);
  for (let i = 0; i < common; i++) {
    if (one.charCodeAt(i) === other.charCodeAt(i)) continue;
    // The difference may be in the second half of a pair.
    for (let from = Math.max(0, i - 1); from <= i; from++) {
      const [a, b] = [one.codePointAt(from) ?? 0, other.codePointAt(from) ?? 0];
      if (a !== b) return a < b ? -1 : 1;
    }
  }
  return Math.sign(one.length - other.length);
}
