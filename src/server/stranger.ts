import type { FrameSizeError } from '../../protocol';

/** Names the protocol that somebody speaks to us by mistake: its first four bytes arrive as a length. */
export function describeStranger(error: FrameSizeError): string {
  const first = Buffer.alloc(4);
  first.writeInt32BE(error.sizeBytes);
  if (first[0] === 0x16 && first[1] === 0x03) return 'a TLS hello on a PLAINTEXT listener';
  if (/^(GET |POST|PUT |HEAD|OPTI|DELE|PRI )/.test(first.toString('latin1')))
    return 'an HTTP request on a Kafka listener';
  return error.message;
}
