// Types of values in expressions, as far as validation knows them. A field of a record can hold any JSON value: `any`. Times never
// hide in `any`, so that what validation lets through has a meaning for every record.

export type ValueType =
  | { readonly kind: 'any' | 'null' | 'boolean' | 'number' | 'text' | 'timestamp' | 'duration' }
  | { readonly kind: 'list'; readonly element: ValueType }
  | { readonly kind: 'map'; readonly element: ValueType };

export type TypeKind = ValueType['kind'];

export const ANY: ValueType = { kind: 'any' };
export const NULL: ValueType = { kind: 'null' };
export const BOOLEAN: ValueType = { kind: 'boolean' };
export const NUMBER: ValueType = { kind: 'number' };
export const TEXT: ValueType = { kind: 'text' };
export const TIMESTAMP: ValueType = { kind: 'timestamp' };
export const DURATION: ValueType = { kind: 'duration' };
export const LIST: ValueType = { kind: 'list', element: ANY };
export const TEXTS: ValueType = { kind: 'list', element: TEXT };
export const MAP: ValueType = { kind: 'map', element: ANY };

const WORDS: Readonly<Record<TypeKind, string>> = {
  any: 'a value',
  null: 'null',
  boolean: 'true or false',
  number: 'a number',
  text: 'text',
  timestamp: 'a timestamp',
  duration: 'a duration',
  list: 'a list',
  map: 'a map',
};

/** A type as messages name it. */
export function inWords(type: { readonly kind: TypeKind }): string {
  return WORDS[type.kind];
}

/** Whether a value of the type can be a timestamp or a duration, or hold one. */
export function holdsTime(type: ValueType): boolean {
  if (type.kind === 'list' || type.kind === 'map') return holdsTime(type.element);
  return type.kind === 'timestamp' || type.kind === 'duration';
}

/** The type of what is one or the other; null when there is none: a time and something else. */
export function join(one: ValueType, other: ValueType): ValueType | null {
  if (one.kind === other.kind) {
    if ((one.kind !== 'list' && one.kind !== 'map') || (other.kind !== 'list' && other.kind !== 'map')) return one;
    const element = join(one.element, other.element);
    return element === null ? null : { kind: one.kind, element };
  }
  return holdsTime(one) || holdsTime(other) ? null : ANY;
}

/** Whether two values can ever be equal. */
export function comparable(one: ValueType, other: ValueType): boolean {
  if (one.kind === 'any') return !holdsTime(other);
  if (other.kind === 'any') return !holdsTime(one);
  if (one.kind === 'null' || other.kind === 'null') return true;
  if (one.kind !== other.kind) return false;
  if ((one.kind !== 'list' && one.kind !== 'map') || (other.kind !== 'list' && other.kind !== 'map')) return true;
  return comparable(one.element, other.element);
}
