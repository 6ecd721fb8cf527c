/**
 * Operations that a principal may do, as a set of AclOperation bits (KIP-430). Without an authorizer everything that the
 * resource type knows is allowed.
 */
const bits = (...operations: readonly number[]): number =>
  operations.reduce((set, operation) => set | (1 << operation), 0);

// read 3, write 4, create 5, delete 6, alter 7, describe 8, cluster action 9, describe configs 10, alter configs 11,
// idempotent write 12
export const topicOperations = bits(3, 4, 5, 6, 7, 8, 10, 11);
export const clusterOperations = bits(5, 7, 8, 9, 10, 11, 12);
export const groupOperations = bits(3, 6, 8, 10, 11);
