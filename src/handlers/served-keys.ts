/**
 * The keys that have a handler, ascending: what ApiVersions lists. It stands apart from `index.ts`, which imports every
 * handler, ApiVersions among them; a test holds the two together.
 */
export const servedKeys: readonly number[] = [
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 33, 34, 35, 37, 42, 43, 44, 45,
  46, 47, 55, 57, 60, 61, 64, 74, 75,
];
