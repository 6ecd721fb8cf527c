import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RAFT_MUTANTS } from '../mutants/raft-mutants';
import { Simulation } from './simulation';

// The short form of tests/raft/raft-sim.ts, which finds each planted bug within 4,000 seeds, most within 50.
const seeds = Array.from({ length: 400 }, (_, at) => at + 1);

test('no seed breaks an invariant, and every group recovers', () => {
  for (const seed of seeds) {
    try {
      new Simulation(seed, false).run(2000);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});

test('the same seed is the same run', () => {
  const traces = [7, 7, 8].map((seed) => {
    const simulation = new Simulation(seed, true);
    simulation.run(1000);
    return simulation.trace!.join('\n');
  });
  expect(traces[1]).toBe(traces[0]);
  expect(traces[2]).not.toBe(traces[0]);
});

test('every planted bug still has its place', () => {
  for (const { name, file, find, replace } of RAFT_MUTANTS) {
    const source = readFileSync(join(__dirname, '../..', file), 'utf8');
    expect([name, source.split(find).length - 1]).toEqual([name, 1]);
    expect(replace).not.toBe(find);
  }
});
