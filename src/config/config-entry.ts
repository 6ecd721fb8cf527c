/** A setting as DescribeConfigs shows it, whatever it is a setting of. */

/** ConfigSource numbers of DescribeConfigs. */
export const ConfigSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  dynamicBrokerLogger: 6,
  clientMetrics: 7,
  group: 8,
} as const;

/** ConfigResource.Type numbers of the protocol and of the metadata log. */
export const ResourceType = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const;

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly isReadOnly: boolean;
  readonly source: number;
  readonly isSensitive: boolean;
  readonly type: number;
  readonly documentation: string | null;
  /** In the order in which they count. */
  readonly synonyms: readonly ConfigSynonym[];
}
