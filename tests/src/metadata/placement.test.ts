import { placeReplicas } from '../../../src/metadata/placement';

const brokers = (...racks: (string | null)[]) => racks.map((rack, at) => ({ id: at + 1, rack }));

test('leaders go round, followers shift with each round', () => {
  const placed = placeReplicas(brokers(null, null, null, null), 8, 3, 0);
  expect(placed.map((replicas) => replicas.join())).toEqual([
    '1,2,3',
    '2,3,4',
    '3,4,1',
    '4,1,2',
    '1,3,4',
    '2,4,1',
    '3,1,2',
    '4,2,3',
  ]);
});

test('replicas of a partition are in different racks', () => {
  const cluster = brokers('a', 'a', 'b', 'b', 'c', 'c');
  const rackOf = (id: number) => cluster[id - 1]!.rack;
  for (let start = 0; start < 6; start++) {
    for (const replicas of placeReplicas(cluster, 6, 3, start)) {
      expect(new Set(replicas.map(rackOf)).size).toBe(3);
    }
  }
});

test('any number of brokers, partitions and replicas: distinct brokers, leaders spread evenly', () => {
  for (let count = 1; count <= 6; count++) {
    const cluster = brokers(...Array.from({ length: count }, () => null));
    for (let factor = 1; factor <= count; factor++) {
      const partitions = count * 3;
      const placed = placeReplicas(cluster, partitions, factor, 4);
      const leads = new Map<number, number>();
      for (const replicas of placed) {
        expect(new Set(replicas).size).toBe(factor);
        leads.set(replicas[0]!, (leads.get(replicas[0]!) ?? 0) + 1);
      }
      expect([...leads.values()]).toEqual(Array.from({ length: count }, () => 3));
    }
  }
});
