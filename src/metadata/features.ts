/** Feature levels of the cluster (KIP-584). A feature is listed when it is served whole, never before (decisions.md). */

export interface ServedFeature {
  readonly name: string;
  readonly minLevel: number;
  readonly maxLevel: number;
  /** Whether a finalized level can go down again. */
  readonly isLowerable: boolean;
}

/** Level of Kafka 4.3-IV0, whose records the metadata log is written with. */
const METADATA_VERSION_LEVEL = 30;

export const servedFeatures: readonly ServedFeature[] = [
  { name: 'metadata.version', minLevel: 7, maxLevel: METADATA_VERSION_LEVEL, isLowerable: false },
];

/** Levels that the first start of a cluster finalizes. */
export const initialFeatureLevels: ReadonlyMap<string, number> = new Map(
  servedFeatures.map(({ name, maxLevel }) => [name, maxLevel]),
);
