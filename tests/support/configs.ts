/** Settings over the wire, as admin clients change and read them. */
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  type ValueOf,
} from '../../protocol';
import { type BrokerConfig, type DynamicSettings, LiveBrokerConfig } from '../../src/config/broker-config';
import type { SimulatedBroker } from './simulated-broker';

/** Sets (`null`: deletes) settings of one resource; returns the error code. */
export async function alterConfigs(
  broker: SimulatedBroker,
  resourceType: number,
  resourceName: string,
  values: Readonly<Record<string, string | null>>,
): Promise<number> {
  const configs = Object.entries(values).map(([name, value]) => ({
    name,
    configOperation: value === null ? 1 : 0,
    value,
  }));
  const { responses } = await broker.ask(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly: false,
  });
  return responses[0]!.errorCode;
}

export type DescribedResource = ValueOf<typeof DescribeConfigsResponse>['results'][number];

/** Values by key: `value (source)`. */
export async function configTexts(
  broker: SimulatedBroker,
  resourceType: number,
  resourceName: string,
  configurationKeys: readonly string[] | null,
): Promise<Record<string, string>> {
  const { results } = await broker.ask(DescribeConfigsRequest, DescribeConfigsResponse, 4, {
    resources: [{ resourceType, resourceName, configurationKeys }],
  });
  return Object.fromEntries(
    results[0]!.configs.map(({ name, value, configSource }) => [name, `${value} (${configSource})`]),
  );
}

/** A configuration as it is under settings made at run time, which must be valid. */
export function withDynamicSettings(config: BrokerConfig, dynamic: DynamicSettings): BrokerConfig {
  const live = new LiveBrokerConfig(config);
  const problems = live.apply(dynamic);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return live.config;
}
