/** Rules for topic names (protocol.md behaviour 16; Kafka's common.internals.Topic). */

const NAME_LENGTH_MAX = 249;

/** The metadata log under Kafka's name. It is nobody's to create or delete. */
export const METADATA_TOPIC_NAME = '__cluster_metadata';
/** Kafka's reserved id of the same. */
export const METADATA_TOPIC_ID = '00000000-0000-0000-0000-000000000001';

/** Topics that the broker writes by itself; tools and mirrors leave them out by these names. */
const INTERNAL_TOPIC_NAMES: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
]);

export const isInternalTopicName = (name: string): boolean => INTERNAL_TOPIC_NAMES.has(name);

/** null for an allowed name, else what is wrong with it. */
export function checkTopicName(name: string): string | null {
  if (name === '') return 'A topic name cannot be empty.';
  if (name === '.' || name === '..') return `A topic cannot be named '${name}'.`;
  if (name.length > NAME_LENGTH_MAX) {
    return `A topic name has at most ${NAME_LENGTH_MAX} characters; this one has ${name.length}.`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name '${name}' has characters other than ASCII letters, digits, '.', '_' and '-'.`;
  }
  return null;
}

/**
 * Two names that are equal after this would share their metric names, so only one of them may exist. null for a name
 * that can collide with nothing but itself.
 */
export function collisionKey(name: string): string | null {
  return name.includes('.') || name.includes('_') ? name.replaceAll('.', '_') : null;
}
