/** Faults as decoders have them. Each stands in front of a reader that has none; the fuzz has to find every one. */
import { DecodeError } from '../../protocol';
import type { Read } from './corpus';

/** Not at the beginning of a frame, so that only mutations bring it about. */
const isTrigger = (bytes: Buffer): boolean =>
  bytes.length > 20 && bytes.indexOf('ffffffff0f', 12, 'hex') >= 0;

export const plantedFaults = {
  /** A read that nobody checked against the end. */
  throws: (read) => (bytes, chance) => {
    if (isTrigger(bytes)) bytes.readInt32BE(bytes.length);
    return read(bytes, chance);
  },
  /** Memory for what a length claims, before it is compared with what is there. */
  allocates: (read) => (bytes, chance) => {
    if (isTrigger(bytes)) keep(Buffer.alloc(1024 * 1024));
    return read(bytes, chance);
  },
  /** Work for what a count claims. */
  dawdles: (read) => (bytes, chance) => {
    if (isTrigger(bytes)) {
      const endMs = performance.now() + 60;
      // Seldom a look at the clock: what it tells is a new number each time.
      for (let i = 0; i % 65_536 !== 0 || performance.now() < endMs; i += 1) keep(null);
    }
    return read(bytes, chance);
  },
  /** What Apache refuses is taken. */
  accepts: (read) => (bytes, chance) => {
    try {
      return read(bytes, chance);
    } catch (error) {
      if (error instanceof DecodeError && bytes.length > 20) return { value: null };
      throw error;
    }
  },
  /** What Apache takes is refused. */
  refuses: (read) => (bytes, chance) => {
    const reading = read(bytes, chance);
    if (bytes.length > 300) throw new DecodeError('frame', '', 0, 'too long for me');
    return reading;
  },
  /** A value that is written in another way than it was read. */
  forgets: (read) => (bytes, chance) => {
    const reading = read(bytes, chance);
    if (!isTrigger(bytes)) return reading;
    const again = (): void => {
      throw new Error('another value');
    };
    return { ...reading, again };
  },
  /** The loop that does not end: only who watches from outside sees it. */
  hangs: (read) => (bytes, chance) => {
    while (isTrigger(bytes)) keep(null);
    return read(bytes, chance);
  },
} as const satisfies Readonly<Record<string, (read: Read) => Read>>;

export type PlantedFault = keyof typeof plantedFaults;

/** Outlives the reading, so that no compiler leaves it out. */
const kept: { last: unknown } = { last: null };

function keep(value: unknown): void {
  kept.last = value;
}
