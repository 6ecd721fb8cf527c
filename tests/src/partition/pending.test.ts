import { PendingEntries, PendingEntry } from '../../../src/partition/pending';
import { SeededRandom } from '../../sim/random';

const NO_BYTES = Buffer.alloc(0);

// Against a plain list: pushes, drops at the front and cuts at the end, in any order.
test('pending entries are found by index and by offset', () => {
  const random = new SeededRandom(5);
  const entries = new PendingEntries();
  let list: PendingEntry[] = [];
  let index = 0;
  let offset = 0;
  for (let step = 0; step < 6000; step++) {
    const roll = random.below(20);
    if (roll < 14) {
      const next = offset + random.below(3);
      const entry = new PendingEntry(++index, 1, 0, offset, next, -1, NO_BYTES);
      offset = next;
      list.push(entry);
      entries.push(entry);
    } else if (roll < 18 && list.length > 0) {
      const to = list[random.below(Math.min(list.length, 8))]!.index;
      entries.dropTo(to);
      list = list.filter((entry) => entry.index > to);
    } else if (roll === 18 && list.length > 0) {
      const from = list[list.length - 1 - random.below(Math.min(list.length, 5))]!.index;
      const cut = entries.truncate(from);
      expect(cut).toEqual(list.filter((entry) => entry.index >= from));
      list = list.filter((entry) => entry.index < from);
      index = from - 1;
      offset = cut[0]!.baseOffset;
    }
    expect(entries.length).toBe(list.length);
    const asked = random.below(index + 2);
    expect(entries.get(asked)).toBe(list.find((entry) => entry.index === asked));
    const at = random.below(offset + 2);
    expect(entries.byOffset(at)).toBe(list.find((entry) => entry.baseOffset <= at && at < entry.nextOffset));
  }
});
