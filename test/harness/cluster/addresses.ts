// The addresses of the local cluster: one node behind a link of its own, so that nothing of it can clash with what else the machine serves.

/** This machine, as the node and its pods see it. */
export const HOST_ADDRESS = '10.250.0.1';
export const NODE_ADDRESS = '10.250.0.2';
export const NODE_PREFIX_BITS = 24;
export const NODE_NAME = 'node1';
export const POD_RANGE = '10.244.0.0/16';
export const SERVICE_RANGE = '10.96.0.0/16';
/** The API server's service, the first address of the range. */
export const API_SERVICE_ADDRESS = '10.96.0.1';
/** Name of the link on this machine's side. */
export const HOST_LINK = 'streamjob0';
export const API_ADDRESS = `https://${NODE_ADDRESS}:6443`;
