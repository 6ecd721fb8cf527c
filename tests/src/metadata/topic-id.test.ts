import { newTopicId, randomUuid, uuidToBase64 } from '../../../src/metadata/topic-id';
import { SeededRandom } from '../../sim/random';

const fixed = (...draws: Buffer[]) => ({ below: () => 0, bytes: () => Buffer.from(draws.shift()!) });

test('ids are UUIDs of version 4', () => {
  const random = new SeededRandom(3);
  for (let at = 0; at < 200; at++) {
    expect(randomUuid(random)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  }
});

// `kafka-topics --topic-id -x…` would read such an id as an option.
test('an id that prints with a leading dash, or is taken, is drawn again', () => {
  const dash = Buffer.alloc(16, 0xfb);
  const taken = Buffer.alloc(16, 0x11);
  const free = Buffer.alloc(16, 0x22);
  expect(uuidToBase64(randomUuid(fixed(dash)))).toMatch(/^-/);
  const takenId = randomUuid(fixed(taken));
  expect(newTopicId(fixed(dash, taken, free), (id) => id === takenId)).toBe(randomUuid(fixed(free)));
});

test('even all zero bytes give none of the reserved ids', () => {
  expect(randomUuid(fixed(Buffer.alloc(16)))).toBe('00000000-0000-4000-8000-000000000000');
});
