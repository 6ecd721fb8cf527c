/**
 * An immutable map whose versions share most of their memory, so that the 10,000th topic does not copy the other
 * 9,999. Entries lie in a fixed number of buckets by a hash of their key; an edit copies the buckets that it touches.
 * Iteration order is fixed by the keys' hashes, not by insertion.
 */
import assert from 'node:assert/strict';

const BUCKET_COUNT = 256;

type Bucket<V> = ReadonlyMap<string, V>;

export class PersistentMap<V> implements ReadonlyMap<string, V> {
  readonly #buckets: readonly (Bucket<V> | undefined)[];

  private constructor(
    buckets: readonly (Bucket<V> | undefined)[],
    readonly size: number,
  ) {
    this.#buckets = buckets;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(new Array<undefined>(BUCKET_COUNT).fill(undefined), 0);
  }

  get(key: string): V | undefined {
    return this.#buckets[bucketOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.#buckets[bucketOf(key)]?.has(key) ?? false;
  }

  /** Changes are seen by nobody until `Edit.done`. */
  edit(): MapEdit<V> {
    return new MapEdit(this.#buckets, this.size, (buckets, size) => new PersistentMap(buckets, size));
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }

  *entries(): MapIterator<[string, V]> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.entries();
  }

  *keys(): MapIterator<string> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.keys();
  }

  *values(): MapIterator<V> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.values();
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}

/** One batch of changes over a map: buckets are copied once, however many of their entries change. */
export class MapEdit<V> {
  readonly #buckets: (Bucket<V> | undefined)[];
  readonly #owned = new Map<number, Map<string, V>>();
  readonly #build: (buckets: readonly (Bucket<V> | undefined)[], size: number) => PersistentMap<V>;
  #size: number;
  #isDone = false;

  constructor(
    base: readonly (Bucket<V> | undefined)[],
    size: number,
    build: (buckets: readonly (Bucket<V> | undefined)[], size: number) => PersistentMap<V>,
  ) {
    this.#buckets = [...base];
    this.#size = size;
    this.#build = build;
  }

  get(key: string): V | undefined {
    return this.#buckets[bucketOf(key)]?.get(key);
  }

  set(key: string, value: V): void {
    const bucket = this.#own(bucketOf(key));
    if (!bucket.has(key)) this.#size++;
    bucket.set(key, value);
  }

  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    this.#own(bucketOf(key)).delete(key);
    this.#size--;
    return true;
  }

  /** The edited map. The edit must not be used afterwards. */
  done(): PersistentMap<V> {
    assert(!this.#isDone);
    this.#isDone = true;
    return this.#build(this.#buckets, this.#size);
  }

  #own(at: number): Map<string, V> {
    assert(!this.#isDone);
    let bucket = this.#owned.get(at);
    if (bucket === undefined) {
      bucket = new Map(this.#buckets[at]);
      this.#owned.set(at, bucket);
      this.#buckets[at] = bucket;
    }
    return bucket;
  }
}

/** FNV-1a over UTF-16 units: topic names and UUIDs differ in their last characters, and it mixes those well. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (BUCKET_COUNT - 1);
}
