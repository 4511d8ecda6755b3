// The kinds of object the operator touches, and their addresses in the API.

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export const RESOURCES = {
  streamJob: { apiVersion: 'streamjob.dev/v1alpha1', kind: 'StreamJob', plural: 'streamjobs' },
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  configMap: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  serviceAccount: { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  pod: { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  secret: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  event: { apiVersion: 'v1', kind: 'Event', plural: 'events' },
  lease: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' },
} as const satisfies Record<string, Resource>;

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Path of a collection; without a namespace the one over all namespaces. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  return namespace === undefined
    ? `${root}/${resource.plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`;
}

export function objectPath(resource: Resource, at: ObjectName): string {
  return `${collectionPath(resource, at.namespace)}/${encodeURIComponent(at.name)}`;
}
