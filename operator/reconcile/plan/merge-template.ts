// Merges what a user writes in `worker.podTemplate` into the operator's pod template. Maps merge key by key; lists whose
// entries have an identity (containers by name, mounts by mountPath, …) merge entry by entry; other lists are replaced.
// The user's value wins. This is the useful part of Kubernetes' strategic merge, without its directives.

type Json = Readonly<Record<string, unknown>>;

/** Field → what identifies an entry of its list. */
const LIST_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
};

/** Neither argument is changed. */
export function mergeTemplate(base: Json, patch: Json): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [field, value] of Object.entries(patch)) merged[field] = mergeValue(field, base[field], value);
  return merged;
}

function mergeValue(field: string, base: unknown, patch: unknown): unknown {
  if (isMap(base) && isMap(patch)) return mergeTemplate(base, patch);
  const key = LIST_KEYS[field];
  if (key !== undefined && Array.isArray(base) && Array.isArray(patch))
    return mergeList(base as unknown[], patch as unknown[], key);
  return patch;
}

function mergeList(base: readonly unknown[], patch: readonly unknown[], key: string): unknown[] {
  const identity = (entry: unknown): unknown => (isMap(entry) ? entry[key] : undefined);
  const merged = base.map((entry) => {
    const change = patch.find((candidate) => isMap(candidate) && identity(candidate) === identity(entry));
    if (!isMap(entry) || !isMap(change)) return entry;
    // A variable with a text replaces one that refers to a Secret: both at once would be refused by the API server.
    const replaced =
      key === 'name' && ('value' in change || 'valueFrom' in change) && ('value' in entry || 'valueFrom' in entry);
    return replaced ? change : mergeTemplate(entry, change);
  });
  const known = new Set(base.map(identity));
  return [...merged, ...patch.filter((entry) => !known.has(identity(entry)))];
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
