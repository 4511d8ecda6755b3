// Values of rows, such that two of them are the same exactly if they are the same by value: 2 and 2.0 are, 1 and "1" are not.

/** Integers beyond ±(2^53 − 1) are bigints. */
export type RowValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly RowValue[]
  | { readonly [field: string]: RowValue };

export type Row = Readonly<Record<string, RowValue>>;

/** Of the JSON text of a number. */
export function exactNumber(text: string): number | bigint {
  const value = Number(text);
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return /^-?[0-9]+$/.test(text) ? BigInt(text) : BigInt(value);
}

interface ReviverContext {
  readonly source?: string;
}

/** Throws SyntaxError for what is no JSON. */
export function parseRowValue(text: string): RowValue {
  // The third argument is newer than the library's types: https://github.com/tc39/proposal-json-parse-with-source
  const revive = (_key: string, value: unknown, context?: ReviverContext): unknown =>
    typeof value === 'number' ? exactNumber(context?.source ?? String(value)) : value;
  return JSON.parse(text, revive) as RowValue;
}

/** The same text for the same value, whatever the order of the fields. */
export function canonicalText(value: RowValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalText(field)}`).join(',')}}`;
}

/** As YAML would have it on one line: `{k: a, n: 1}`. */
export function showValue(value: RowValue): string {
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`;
  if (typeof value === 'string') return isBare(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, field]) => `${isBare(key) ? key : JSON.stringify(key)}: ${showValue(field)}`)
    .join(', ')}}`;
}

/** Text that YAML 1.1 reads as text without quotes. */
function isBare(text: string): boolean {
  return /^[A-Za-z_][\w./-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text);
}
