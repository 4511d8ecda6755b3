// Whether an object in the cluster is what we want it to be. Only what we set is compared: defaults that the server fills in,
// and fields of others, are none of our business. A restarted operator that finds no drift writes nothing.

type Json = Readonly<Record<string, unknown>>;

/** True when every field of `wanted` is in `found` with the same meaning. */
export function isContained(wanted: unknown, found: unknown): boolean {
  if (isZero(wanted)) return isZero(found) || typeof found === 'object';
  if (Array.isArray(wanted)) return Array.isArray(found) && listContained(wanted as unknown[], found as unknown[]);
  if (isMap(wanted)) {
    if (!isMap(found)) return false;
    return Object.entries(wanted).every(
      ([field, value]) => value === undefined || fieldContained(field, value, found[field]),
    );
  }
  return wanted === found;
}

function fieldContained(field: string, wanted: unknown, found: unknown): boolean {
  if ((field === 'limits' || field === 'requests') && isMap(wanted) && isMap(found)) {
    return Object.entries(wanted).every(([resource, amount]) => sameQuantity(amount, found[resource]));
  }
  return isContained(wanted, found);
}

/** Entries with a name are looked up by it, since others may add their own; lists of anything else must be the same. */
function listContained(wanted: readonly unknown[], found: readonly unknown[]): boolean {
  const named = wanted.every((entry) => isMap(entry) && typeof entry['name'] === 'string');
  if (!named) return wanted.length === found.length && wanted.every((entry, index) => isContained(entry, found[index]));
  return wanted.every((entry) =>
    isContained(
      entry,
      found.find((other) => isMap(other) && isMap(entry) && other['name'] === entry['name']),
    ),
  );
}

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The server writes quantities in its own form: 0.5 becomes 500m, 1024Mi becomes 1Gi. */
function sameQuantity(a: unknown, b: unknown): boolean {
  const left = quantity(a);
  const right = quantity(b);
  if (left === null || right === null) return a === b;
  return Math.abs(left - right) <= Math.abs(left) * 1e-9;
}

function quantity(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(value);
  const factor = SUFFIXES[match?.[2] ?? ''];
  return match === null || factor === undefined ? null : Number(match[1]) * factor;
}

/** Empty values: the server leaves many of them out when it stores an object. */
function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).length === 0;
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
