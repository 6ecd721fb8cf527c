/**
 * The partition of `__consumer_offsets`, `__transaction_state` or `__share_group_state` that keeps the state of `id`:
 * Java's hash of the text, without its sign, modulo the count. The hash without a magnitude in 32 bits counts as 0.
 *
 * @param id  Group id, transactional id, or `group:topicId:partition` with the topic id as clients print it.
 */
export function coordinatorPartition(id: string, partitionCount: number): number {
  let hash = 0;
  for (let i = 0; i < id.length; i += 1) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) | 0;
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % partitionCount;
}
