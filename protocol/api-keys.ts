import { ProduceRequest, ProduceResponse } from './messages/00-produce';
import { FetchRequest, FetchResponse } from './messages/01-fetch';
import { ListOffsetsRequest, ListOffsetsResponse } from './messages/02-list-offsets';
import { MetadataRequest, MetadataResponse } from './messages/03-metadata';
import { OffsetCommitRequest, OffsetCommitResponse } from './messages/08-offset-commit';
import { OffsetFetchRequest, OffsetFetchResponse } from './messages/09-offset-fetch';
import { FindCoordinatorRequest, FindCoordinatorResponse } from './messages/10-find-coordinator';
import { JoinGroupRequest, JoinGroupResponse } from './messages/11-join-group';
import { HeartbeatRequest, HeartbeatResponse } from './messages/12-heartbeat';
import { LeaveGroupRequest, LeaveGroupResponse } from './messages/13-leave-group';
import { SyncGroupRequest, SyncGroupResponse } from './messages/14-sync-group';
import { DescribeGroupsRequest, DescribeGroupsResponse } from './messages/15-describe-groups';
import { ListGroupsRequest, ListGroupsResponse } from './messages/16-list-groups';
import { SaslHandshakeRequest, SaslHandshakeResponse } from './messages/17-sasl-handshake';
import { ApiVersionsRequest, ApiVersionsResponse } from './messages/18-api-versions';
import { CreateTopicsRequest, CreateTopicsResponse } from './messages/19-create-topics';
import { DeleteTopicsRequest, DeleteTopicsResponse } from './messages/20-delete-topics';
import { DeleteRecordsRequest, DeleteRecordsResponse } from './messages/21-delete-records';
import { InitProducerIdRequest, InitProducerIdResponse } from './messages/22-init-producer-id';
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from './messages/23-offset-for-leader-epoch';
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from './messages/24-add-partitions-to-txn';
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './messages/25-add-offsets-to-txn';
import { EndTxnRequest, EndTxnResponse } from './messages/26-end-txn';
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './messages/27-write-txn-markers';
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './messages/28-txn-offset-commit';
import { DescribeAclsRequest, DescribeAclsResponse } from './messages/29-describe-acls';
import { CreateAclsRequest, CreateAclsResponse } from './messages/30-create-acls';
import { DeleteAclsRequest, DeleteAclsResponse } from './messages/31-delete-acls';
import { DescribeConfigsRequest, DescribeConfigsResponse } from './messages/32-describe-configs';
import { AlterConfigsRequest, AlterConfigsResponse } from './messages/33-alter-configs';
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from './messages/34-alter-replica-log-dirs';
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from './messages/35-describe-log-dirs';
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from './messages/36-sasl-authenticate';
import { CreatePartitionsRequest, CreatePartitionsResponse } from './messages/37-create-partitions';
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from './messages/38-create-delegation-token';
import {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from './messages/39-renew-delegation-token';
import {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from './messages/40-expire-delegation-token';
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from './messages/41-describe-delegation-token';
import { DeleteGroupsRequest, DeleteGroupsResponse } from './messages/42-delete-groups';
import { ElectLeadersRequest, ElectLeadersResponse } from './messages/43-elect-leaders';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from './messages/44-incremental-alter-configs';
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './messages/45-alter-partition-reassignments';
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './messages/46-list-partition-reassignments';
import { OffsetDeleteRequest, OffsetDeleteResponse } from './messages/47-offset-delete';
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from './messages/48-describe-client-quotas';
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from './messages/49-alter-client-quotas';
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './messages/50-describe-user-scram-credentials';
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './messages/51-alter-user-scram-credentials';
import { DescribeQuorumRequest, DescribeQuorumResponse } from './messages/55-describe-quorum';
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from './messages/57-update-features';
import { DescribeClusterRequest, DescribeClusterResponse } from './messages/60-describe-cluster';
import { DescribeProducersRequest, DescribeProducersResponse } from './messages/61-describe-producers';
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from './messages/64-unregister-broker';
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from './messages/65-describe-transactions';
import { ListTransactionsRequest, ListTransactionsResponse } from './messages/66-list-transactions';
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from './messages/68-consumer-group-heartbeat';
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from './messages/69-consumer-group-describe';
import {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from './messages/71-get-telemetry-subscriptions';
import { PushTelemetryRequest, PushTelemetryResponse } from './messages/72-push-telemetry';
import { ListConfigResourcesRequest, ListConfigResourcesResponse } from './messages/74-list-config-resources';
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from './messages/75-describe-topic-partitions';
import { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from './messages/76-share-group-heartbeat';
import { ShareGroupDescribeRequest, ShareGroupDescribeResponse } from './messages/77-share-group-describe';
import { ShareFetchRequest, ShareFetchResponse } from './messages/78-share-fetch';
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from './messages/79-share-acknowledge';
import { AddRaftVoterRequest, AddRaftVoterResponse } from './messages/80-add-raft-voter';
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from './messages/81-remove-raft-voter';
import {
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
} from './messages/83-initialize-share-group-state';
import {
  ReadShareGroupStateRequest,
  ReadShareGroupStateResponse,
} from './messages/84-read-share-group-state';
import {
  WriteShareGroupStateRequest,
  WriteShareGroupStateResponse,
} from './messages/85-write-share-group-state';
import {
  DeleteShareGroupStateRequest,
  DeleteShareGroupStateResponse,
} from './messages/86-delete-share-group-state';
import {
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
} from './messages/87-read-share-group-state-summary';
import {
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponse,
} from './messages/88-streams-group-heartbeat';
import {
  StreamsGroupDescribeRequest,
  StreamsGroupDescribeResponse,
} from './messages/89-streams-group-describe';
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from './messages/90-describe-share-group-offsets';
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from './messages/91-alter-share-group-offsets';
import {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from './messages/92-delete-share-group-offsets';
import {
  StreamsGroupTopologyDescriptionUpdateRequest,
  StreamsGroupTopologyDescriptionUpdateResponse,
} from './messages/93-streams-group-topology-description-update';
import {
  UnregisterControllerRequest,
  UnregisterControllerResponse,
} from './messages/94-unregister-controller';
import type { Message } from './schema';

/** One API of the protocol: what we can read and write of it, and which part of that a broker offers. */
export interface Api {
  readonly key: number;
  /** Kafka's name, as `ListOffsets`. */
  readonly name: string;
  readonly request: Message;
  readonly response: Message;
  /**
   * Versions that are answered, inclusive; none if the last lies below the first. Schemas may know more: what Kafka
   * 4.3.1 does not advertise is not served.
   */
  readonly served: readonly [number, number];
  /** Versions that ApiVersions lists. Differs from `served` for Produce alone: old librdkafka looks for version 0. */
  readonly advertised: readonly [number, number];
}

/** As the last served version: none is. For what is newer than the Kafka whose behaviour we have. */
const NOT_SERVED = -1;

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
  api(8, 'OffsetCommit', OffsetCommitRequest, OffsetCommitResponse),
  api(9, 'OffsetFetch', OffsetFetchRequest, OffsetFetchResponse),
  api(10, 'FindCoordinator', FindCoordinatorRequest, FindCoordinatorResponse),
  api(11, 'JoinGroup', JoinGroupRequest, JoinGroupResponse),
  api(12, 'Heartbeat', HeartbeatRequest, HeartbeatResponse),
  api(13, 'LeaveGroup', LeaveGroupRequest, LeaveGroupResponse),
  api(14, 'SyncGroup', SyncGroupRequest, SyncGroupResponse),
  api(15, 'DescribeGroups', DescribeGroupsRequest, DescribeGroupsResponse),
  api(16, 'ListGroups', ListGroupsRequest, ListGroupsResponse),
  api(17, 'SaslHandshake', SaslHandshakeRequest, SaslHandshakeResponse),
  api(18, 'ApiVersions', ApiVersionsRequest, ApiVersionsResponse, { servedMax: 4 }),
  api(19, 'CreateTopics', CreateTopicsRequest, CreateTopicsResponse),
  api(20, 'DeleteTopics', DeleteTopicsRequest, DeleteTopicsResponse),
  api(21, 'DeleteRecords', DeleteRecordsRequest, DeleteRecordsResponse),
  api(22, 'InitProducerId', InitProducerIdRequest, InitProducerIdResponse, { servedMax: 5 }),
  api(23, 'OffsetForLeaderEpoch', OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse),
  api(24, 'AddPartitionsToTxn', AddPartitionsToTxnRequest, AddPartitionsToTxnResponse),
  api(25, 'AddOffsetsToTxn', AddOffsetsToTxnRequest, AddOffsetsToTxnResponse),
  api(26, 'EndTxn', EndTxnRequest, EndTxnResponse),
  api(27, 'WriteTxnMarkers', WriteTxnMarkersRequest, WriteTxnMarkersResponse),
  api(28, 'TxnOffsetCommit', TxnOffsetCommitRequest, TxnOffsetCommitResponse, { servedMax: 5 }),
  api(29, 'DescribeAcls', DescribeAclsRequest, DescribeAclsResponse),
  api(30, 'CreateAcls', CreateAclsRequest, CreateAclsResponse),
  api(31, 'DeleteAcls', DeleteAclsRequest, DeleteAclsResponse),
  api(32, 'DescribeConfigs', DescribeConfigsRequest, DescribeConfigsResponse),
  api(33, 'AlterConfigs', AlterConfigsRequest, AlterConfigsResponse),
  api(34, 'AlterReplicaLogDirs', AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse),
  api(35, 'DescribeLogDirs', DescribeLogDirsRequest, DescribeLogDirsResponse),
  api(36, 'SaslAuthenticate', SaslAuthenticateRequest, SaslAuthenticateResponse),
  api(37, 'CreatePartitions', CreatePartitionsRequest, CreatePartitionsResponse),
  api(38, 'CreateDelegationToken', CreateDelegationTokenRequest, CreateDelegationTokenResponse),
  api(39, 'RenewDelegationToken', RenewDelegationTokenRequest, RenewDelegationTokenResponse),
  api(40, 'ExpireDelegationToken', ExpireDelegationTokenRequest, ExpireDelegationTokenResponse),
  api(41, 'DescribeDelegationToken', DescribeDelegationTokenRequest, DescribeDelegationTokenResponse),
  api(42, 'DeleteGroups', DeleteGroupsRequest, DeleteGroupsResponse, { servedMax: 2 }),
  api(43, 'ElectLeaders', ElectLeadersRequest, ElectLeadersResponse),
  api(44, 'IncrementalAlterConfigs', IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse),
  api(
    45,
    'AlterPartitionReassignments',
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
  ),
  api(
    46,
    'ListPartitionReassignments',
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
  ),
  api(47, 'OffsetDelete', OffsetDeleteRequest, OffsetDeleteResponse),
  api(48, 'DescribeClientQuotas', DescribeClientQuotasRequest, DescribeClientQuotasResponse),
  api(49, 'AlterClientQuotas', AlterClientQuotasRequest, AlterClientQuotasResponse),
  api(
    50,
    'DescribeUserScramCredentials',
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
  ),
  api(51, 'AlterUserScramCredentials', AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse),
  api(55, 'DescribeQuorum', DescribeQuorumRequest, DescribeQuorumResponse),
  api(57, 'UpdateFeatures', UpdateFeaturesRequest, UpdateFeaturesResponse),
  api(60, 'DescribeCluster', DescribeClusterRequest, DescribeClusterResponse),
  api(61, 'DescribeProducers', DescribeProducersRequest, DescribeProducersResponse),
  api(64, 'UnregisterBroker', UnregisterBrokerRequest, UnregisterBrokerResponse),
  api(65, 'DescribeTransactions', DescribeTransactionsRequest, DescribeTransactionsResponse),
  api(66, 'ListTransactions', ListTransactionsRequest, ListTransactionsResponse),
  api(68, 'ConsumerGroupHeartbeat', ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse),
  api(69, 'ConsumerGroupDescribe', ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse),
  api(71, 'GetTelemetrySubscriptions', GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse),
  api(72, 'PushTelemetry', PushTelemetryRequest, PushTelemetryResponse),
  api(74, 'ListConfigResources', ListConfigResourcesRequest, ListConfigResourcesResponse),
  api(75, 'DescribeTopicPartitions', DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse),
  api(76, 'ShareGroupHeartbeat', ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse),
  api(77, 'ShareGroupDescribe', ShareGroupDescribeRequest, ShareGroupDescribeResponse),
  api(78, 'ShareFetch', ShareFetchRequest, ShareFetchResponse),
  api(79, 'ShareAcknowledge', ShareAcknowledgeRequest, ShareAcknowledgeResponse),
  api(80, 'AddRaftVoter', AddRaftVoterRequest, AddRaftVoterResponse),
  api(81, 'RemoveRaftVoter', RemoveRaftVoterRequest, RemoveRaftVoterResponse),
  api(83, 'InitializeShareGroupState', InitializeShareGroupStateRequest, InitializeShareGroupStateResponse),
  api(84, 'ReadShareGroupState', ReadShareGroupStateRequest, ReadShareGroupStateResponse),
  api(85, 'WriteShareGroupState', WriteShareGroupStateRequest, WriteShareGroupStateResponse),
  api(86, 'DeleteShareGroupState', DeleteShareGroupStateRequest, DeleteShareGroupStateResponse),
  api(
    87,
    'ReadShareGroupStateSummary',
    ReadShareGroupStateSummaryRequest,
    ReadShareGroupStateSummaryResponse,
  ),
  api(88, 'StreamsGroupHeartbeat', StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse, {
    servedMax: 0,
  }),
  api(89, 'StreamsGroupDescribe', StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, {
    servedMax: 0,
  }),
  api(90, 'DescribeShareGroupOffsets', DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse),
  api(91, 'AlterShareGroupOffsets', AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse),
  api(92, 'DeleteShareGroupOffsets', DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse),
  api(
    93,
    'StreamsGroupTopologyDescriptionUpdate',
    StreamsGroupTopologyDescriptionUpdateRequest,
    StreamsGroupTopologyDescriptionUpdateResponse,
    { servedMax: NOT_SERVED },
  ),
  api(94, 'UnregisterController', UnregisterControllerRequest, UnregisterControllerResponse, {
    servedMax: NOT_SERVED,
  }),
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
