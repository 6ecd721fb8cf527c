import {
  array,
  int8,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

const TopologyDescriptionNode = struct({
  name: string,
  nodeType: int8,
  sourceTopics: array(string),
  sinkTopic: withDefault(nullable(string), null),
  stores: array(string),
  successors: array(string),
});

/**
 * StreamsGroupTopologyDescriptionUpdate (key 93): what the topology of a streams application looks like
 * (KIP-1331). Newer than Kafka 4.3.
 */
export const StreamsGroupTopologyDescriptionUpdateRequest = message({
  name: 'StreamsGroupTopologyDescriptionUpdateRequest',
  apiKey: 93,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string,
    memberId: string,
    topologyEpoch: int32,
    topologyDescription: struct({
      subtopologies: array(
        struct({
          subtopologyId: string,
          nodes: array(TopologyDescriptionNode),
        }),
      ),
      globalStores: array(
        struct({
          source: TopologyDescriptionNode,
          processor: TopologyDescriptionNode,
        }),
      ),
    }),
  },
});
export type StreamsGroupTopologyDescriptionUpdateRequest = ValueOf<
  typeof StreamsGroupTopologyDescriptionUpdateRequest
>;

/** Whether it is stored. */
export const StreamsGroupTopologyDescriptionUpdateResponse = message({
  name: 'StreamsGroupTopologyDescriptionUpdateResponse',
  apiKey: 93,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
  },
});
export type StreamsGroupTopologyDescriptionUpdateResponse = ValueOf<
  typeof StreamsGroupTopologyDescriptionUpdateResponse
>;
