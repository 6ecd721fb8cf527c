import { ProduceRequest, ProduceResponse } from './messages/00-produce';
import { FetchRequest, FetchResponse } from './messages/01-fetch';
import { ListOffsetsRequest, ListOffsetsResponse } from './messages/02-list-offsets';
import { MetadataRequest, MetadataResponse } from './messages/03-metadata';
import { ApiVersionsRequest, ApiVersionsResponse } from './messages/18-api-versions';
import { CreateTopicsRequest, CreateTopicsResponse } from './messages/19-create-topics';
import { DeleteTopicsRequest, DeleteTopicsResponse } from './messages/20-delete-topics';
import { InitProducerIdRequest, InitProducerIdResponse } from './messages/22-init-producer-id';
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from './messages/23-offset-for-leader-epoch';
import { DescribeConfigsRequest, DescribeConfigsResponse } from './messages/32-describe-configs';
import { DescribeClusterRequest, DescribeClusterResponse } from './messages/60-describe-cluster';
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from './messages/75-describe-topic-partitions';
import type { Message } from './schema';

/** One API of the protocol: what we can read and write of it, and which part of that a broker offers. */
export interface Api {
  readonly key: number;
  /** Kafka's name, as `ListOffsets`. */
  readonly name: string;
  readonly request: Message;
  readonly response: Message;
  /** Versions that are answered, inclusive. Schemas may know more: what Kafka 4.3.1 does not advertise is not served. */
  readonly served: readonly [number, number];
  /** Versions that ApiVersions lists. Differs from `served` for Produce alone: old librdkafka looks for version 0. */
  readonly advertised: readonly [number, number];
}

interface Exceptions {
  readonly servedMax?: number;
  readonly advertisedMin?: number;
}

function api(
  key: number,
  name: string,
  request: Message,
  response: Message,
  exceptions: Exceptions = {},
): Api {
  const [first, last] = request.versions;
  const servedMax = exceptions.servedMax ?? last;
  return {
    key,
    name,
    request,
    response,
    served: [first, servedMax],
    advertised: [exceptions.advertisedMin ?? first, servedMax],
  };
}

/** Ascending by key. */
export const apis: readonly Api[] = [
  api(0, 'Produce', ProduceRequest, ProduceResponse, { advertisedMin: 0 }),
  api(1, 'Fetch', FetchRequest, FetchResponse),
  api(2, 'ListOffsets', ListOffsetsRequest, ListOffsetsResponse),
  api(3, 'Metadata', MetadataRequest, MetadataResponse),
  api(18, 'ApiVersions', ApiVersionsRequest, ApiVersionsResponse, { servedMax: 4 }),
  api(19, 'CreateTopics', CreateTopicsRequest, CreateTopicsResponse),
  api(20, 'DeleteTopics', DeleteTopicsRequest, DeleteTopicsResponse),
  api(22, 'InitProducerId', InitProducerIdRequest, InitProducerIdResponse, { servedMax: 5 }),
  api(23, 'OffsetForLeaderEpoch', OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse),
  api(32, 'DescribeConfigs', DescribeConfigsRequest, DescribeConfigsResponse),
  api(60, 'DescribeCluster', DescribeClusterRequest, DescribeClusterResponse),
  api(75, 'DescribeTopicPartitions', DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse),
];

const byKey: readonly (Api | undefined)[] = Array.from(
  { length: 1 + Math.max(...apis.map((one) => one.key)) },
  (_, key) => apis.find((one) => one.key === key),
);

/** undefined for a key without a schema. Whether a broker serves it is decided by its handlers. */
export function apiByKey(key: number): Api | undefined {
  return byKey[key];
}

export function isServedVersion(one: Api, version: number): boolean {
  return version >= one.served[0] && version <= one.served[1];
}
