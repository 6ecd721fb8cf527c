import { PersistentMap } from '../../../src/metadata/persistent-map';
import { SeededRandom } from '../../sim/random';

// Every earlier version must stay what it was: a response may still be written from it.
test('versions of the map behave as copies of a plain map', () => {
  const random = new SeededRandom(7);
  const versions: { readonly map: PersistentMap<number>; readonly plain: ReadonlyMap<string, number> }[] = [
    { map: PersistentMap.empty(), plain: new Map() },
  ];
  for (let step = 0; step < 200; step++) {
    const { map, plain } = random.pick(versions);
    const edit = map.edit();
    const copy = new Map(plain);
    for (let change = random.below(8); change > 0; change--) {
      const key = `topic-${random.below(60)}`;
      if (random.chance(0.3)) {
        expect(edit.delete(key)).toBe(copy.delete(key));
      } else {
        edit.set(key, step);
        copy.set(key, step);
      }
      expect(edit.get(key)).toBe(copy.get(key));
    }
    versions.push({ map: edit.done(), plain: copy });
  }
  for (const { map, plain } of versions) {
    expect(map.size).toBe(plain.size);
    expect(new Map(map)).toEqual(plain);
    expect([...map.values()].length).toBe(plain.size);
    for (const key of map.keys()) expect(map.get(key)).toBe(plain.get(key));
    expect(map.has('topic-none')).toBe(false);
  }
});

test('equal contents iterate in the same order, whatever their history', () => {
  const names = Array.from({ length: 50 }, (_, at) => `t${at}`);
  const build = (order: readonly string[]): string[] => {
    let map = PersistentMap.empty<number>();
    for (const name of order) {
      const edit = map.edit();
      edit.set(name, 0);
      map = edit.done();
    }
    return [...map.keys()].sort();
  };
  expect(build(names)).toEqual(build([...names].reverse()));
});

// Copying the whole map for each new topic would make 4,000 of them cost 8 million entries; sharing, about 2 %.
test('one change copies little of a large map', () => {
  const edit = PersistentMap.empty<object>().edit();
  for (let at = 0; at < 4000; at++) edit.set(`topic-${at}`, {});
  const before = edit.done();
  const startMs = performance.now();
  let map = before;
  for (let at = 0; at < 4000; at++) {
    const next = map.edit();
    next.set(`more-${at}`, {});
    map = next.done();
  }
  const sharedMs = performance.now() - startMs;
  const copyStartMs = performance.now();
  for (let at = 0; at < 40; at++) new Map(before);
  const copyMs = (performance.now() - copyStartMs) * 100;
  expect(map.size).toBe(8000);
  expect(sharedMs).toBeLessThan(copyMs / 2);
});
