// A finding about a manifest, and how the values in its message are shown.
import type { Reason } from './reasons.ts';

export interface Problem {
  /** Where, from the root of the manifest: `spec.window.tumbling.size`, `spec.sinks[0].kafka`. */
  readonly path: string;
  /** Which rule: `required`, `type`, `format`, `range`, `choice`, `unknownField`, `notSupportedYet`, or the id of a cross-field rule. */
  readonly rule: string;
  /** What stands there. */
  readonly value: unknown;
  /** Path, rule, value, and what to do: complete for a user. */
  readonly message: string;
  readonly reason: Extract<Reason, 'InvalidSpec' | 'NotSupportedYet'>;
}

const MAX_SHOWN_LENGTH = 100;

/** A value for the end of a message: JSON, cut when it is long. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= MAX_SHOWN_LENGTH ? text : `${text.slice(0, MAX_SHOWN_LENGTH)}…`;
}

/** The same, followed by the type: for messages about a wrong type. */
export function showWithType(value: unknown): string {
  const type = value === null ? null : Array.isArray(value) ? 'list' : typeof value;
  return type === null || type === 'undefined' || type === 'object' ? show(value) : `${show(value)} (${type})`;
}

/** Path text of keys and indexes: `['spec', 'sinks', 0]` → `spec.sinks[0]`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\p{L}\p{N}_$-]+$/u.test(String(part))) text += text === '' ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}

/** What stands at a path of a parsed document. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (!Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
