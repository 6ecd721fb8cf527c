/**
 * The keys that have a handler, ascending: what ApiVersions lists. It stands apart from `index.ts`, which imports every
 * handler, ApiVersions among them; a test holds the two together.
 */
export const servedKeys: readonly number[] = [0, 1, 2, 3, 18, 19, 20, 22, 23, 32, 60, 75];
