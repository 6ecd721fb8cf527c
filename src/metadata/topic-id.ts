import type { Random } from '../host';

/** A random UUID (version 4), canonical lower-case text. */
export function randomUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Sixteen bytes as 22 characters: how Kafka's tools print ids, and the form of a cluster id. */
export function uuidToBase64(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}

/**
 * A new topic id. Version 4 keeps clear of the zero id and of those Kafka reserves; ids whose printed form begins with
 * a dash are left out as Kafka does, because command line tools take them for options.
 */
export function newTopicId(random: Random, isTaken: (topicId: string) => boolean): string {
  for (;;) {
    const id = randomUuid(random);
    if (!uuidToBase64(id).startsWith('-') && !isTaken(id)) return id;
  }
}
