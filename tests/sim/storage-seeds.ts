/** Seeds that once failed, or that alone are known to meet a rule which few runs meet: the first that a test runs. */
export const KNOWN_SEEDS: readonly number[] = [
  732, 1119, 12_278, 13_643, 100_040, 100_106, 100_276, 200_209, 200_427, 501_248, 512_349,
];
