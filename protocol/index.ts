/**
 * The door of `protocol/`: bytes <-> values. Knows no broker and does no I/O. Everything that other folders may import
 * stands here.
 *
 * To add or change an API:
 * 1. `messages/NN-name.ts`: request and response with the versions of Apache's definition; newer versions than Kafka's
 *    release advertises are schema only.
 * 2. `api-keys.ts`: one row; `served` and `advertised` differ from the schema only with a reason.
 * 3. This file: export both names.
 * 4. `tests/protocol/testdata/`: a compact sample of the oracle's lines (`UPDATE=1 npx jest tests/protocol/messages.test.ts`).
 * 5. The handler's header comment and test, and the generated `docs/protocol-support.md`.
 */
export { type Api, apiByKey, apis, isServedVersion } from './api-keys';
export { decode, decodedEnd, encode, encodeRequest, encodeResponse, encodeToBuffer } from './codec';
export {
  ErrorCode,
  type ErrorDescription,
  type ErrorName,
  errorCodes,
  errorName,
  errorOf,
} from './error-codes';
export { DecodeError, EncodeError, FrameSizeError } from './errors';
export { Frame, FrameReader, type FrameReaderOptions } from './frame';
export { FRAME_MEMORY, FramePool, type FramePoolOptions } from './frame-pool';
export {
  decodeRequestHeader,
  decodeResponseHeader,
  peekApi,
  type RequestHeader,
  type ResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from './header';
export { asEpoch, asOffset, asProducerId, asTimestamp, type Int64, saturate } from './int64';
export { ProduceRequest, ProduceResponse } from './messages/00-produce';
export { FetchRequest, FetchResponse } from './messages/01-fetch';
export { ListOffsetsRequest, ListOffsetsResponse } from './messages/02-list-offsets';
export { MetadataRequest, MetadataResponse } from './messages/03-metadata';
export { OffsetCommitRequest, OffsetCommitResponse } from './messages/08-offset-commit';
export { OffsetFetchRequest, OffsetFetchResponse } from './messages/09-offset-fetch';
export { FindCoordinatorRequest, FindCoordinatorResponse } from './messages/10-find-coordinator';
export { JoinGroupRequest, JoinGroupResponse } from './messages/11-join-group';
export { HeartbeatRequest, HeartbeatResponse } from './messages/12-heartbeat';
export { LeaveGroupRequest, LeaveGroupResponse } from './messages/13-leave-group';
export { SyncGroupRequest, SyncGroupResponse } from './messages/14-sync-group';
export { DescribeGroupsRequest, DescribeGroupsResponse } from './messages/15-describe-groups';
export { ListGroupsRequest, ListGroupsResponse } from './messages/16-list-groups';
export { SaslHandshakeRequest, SaslHandshakeResponse } from './messages/17-sasl-handshake';
export { ApiVersionsRequest, ApiVersionsResponse } from './messages/18-api-versions';
export { CreateTopicsRequest, CreateTopicsResponse } from './messages/19-create-topics';
export { DeleteTopicsRequest, DeleteTopicsResponse } from './messages/20-delete-topics';
export { DeleteRecordsRequest, DeleteRecordsResponse } from './messages/21-delete-records';
export { InitProducerIdRequest, InitProducerIdResponse } from './messages/22-init-producer-id';
export {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from './messages/23-offset-for-leader-epoch';
export { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from './messages/24-add-partitions-to-txn';
export { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './messages/25-add-offsets-to-txn';
export { EndTxnRequest, EndTxnResponse } from './messages/26-end-txn';
export { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './messages/27-write-txn-markers';
export { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './messages/28-txn-offset-commit';
export { DescribeAclsRequest, DescribeAclsResponse } from './messages/29-describe-acls';
export { CreateAclsRequest, CreateAclsResponse } from './messages/30-create-acls';
export { DeleteAclsRequest, DeleteAclsResponse } from './messages/31-delete-acls';
export { DescribeConfigsRequest, DescribeConfigsResponse } from './messages/32-describe-configs';
export { AlterConfigsRequest, AlterConfigsResponse } from './messages/33-alter-configs';
export {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from './messages/34-alter-replica-log-dirs';
export { DescribeLogDirsRequest, DescribeLogDirsResponse } from './messages/35-describe-log-dirs';
export { SaslAuthenticateRequest, SaslAuthenticateResponse } from './messages/36-sasl-authenticate';
export { CreatePartitionsRequest, CreatePartitionsResponse } from './messages/37-create-partitions';
export {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from './messages/38-create-delegation-token';
export {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from './messages/39-renew-delegation-token';
export {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from './messages/40-expire-delegation-token';
export {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from './messages/41-describe-delegation-token';
export { DeleteGroupsRequest, DeleteGroupsResponse } from './messages/42-delete-groups';
export { ElectLeadersRequest, ElectLeadersResponse } from './messages/43-elect-leaders';
export {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from './messages/44-incremental-alter-configs';
export {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './messages/45-alter-partition-reassignments';
export {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './messages/46-list-partition-reassignments';
export { OffsetDeleteRequest, OffsetDeleteResponse } from './messages/47-offset-delete';
export {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from './messages/48-describe-client-quotas';
export { AlterClientQuotasRequest, AlterClientQuotasResponse } from './messages/49-alter-client-quotas';
export {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './messages/50-describe-user-scram-credentials';
export {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './messages/51-alter-user-scram-credentials';
export { DescribeQuorumRequest, DescribeQuorumResponse } from './messages/55-describe-quorum';
export { UpdateFeaturesRequest, UpdateFeaturesResponse } from './messages/57-update-features';
export { DescribeClusterRequest, DescribeClusterResponse } from './messages/60-describe-cluster';
export { DescribeProducersRequest, DescribeProducersResponse } from './messages/61-describe-producers';
export { UnregisterBrokerRequest, UnregisterBrokerResponse } from './messages/64-unregister-broker';
export {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from './messages/65-describe-transactions';
export { ListTransactionsRequest, ListTransactionsResponse } from './messages/66-list-transactions';
export {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from './messages/68-consumer-group-heartbeat';
export {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from './messages/69-consumer-group-describe';
export {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from './messages/71-get-telemetry-subscriptions';
export { PushTelemetryRequest, PushTelemetryResponse } from './messages/72-push-telemetry';
export { ListConfigResourcesRequest, ListConfigResourcesResponse } from './messages/74-list-config-resources';
export {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from './messages/75-describe-topic-partitions';
export { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from './messages/76-share-group-heartbeat';
export { ShareGroupDescribeRequest, ShareGroupDescribeResponse } from './messages/77-share-group-describe';
export { ShareFetchRequest, ShareFetchResponse } from './messages/78-share-fetch';
export { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from './messages/79-share-acknowledge';
export { AddRaftVoterRequest, AddRaftVoterResponse } from './messages/80-add-raft-voter';
export { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from './messages/81-remove-raft-voter';
export {
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
} from './messages/83-initialize-share-group-state';
export {
  ReadShareGroupStateRequest,
  ReadShareGroupStateResponse,
} from './messages/84-read-share-group-state';
export {
  WriteShareGroupStateRequest,
  WriteShareGroupStateResponse,
} from './messages/85-write-share-group-state';
export {
  DeleteShareGroupStateRequest,
  DeleteShareGroupStateResponse,
} from './messages/86-delete-share-group-state';
export {
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
} from './messages/87-read-share-group-state-summary';
export {
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponse,
} from './messages/88-streams-group-heartbeat';
export {
  StreamsGroupDescribeRequest,
  StreamsGroupDescribeResponse,
} from './messages/89-streams-group-describe';
export {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from './messages/90-describe-share-group-offsets';
export {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from './messages/91-alter-share-group-offsets';
export {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from './messages/92-delete-share-group-offsets';
export {
  StreamsGroupTopologyDescriptionUpdateRequest,
  StreamsGroupTopologyDescriptionUpdateResponse,
} from './messages/93-streams-group-topology-description-update';
export {
  UnregisterControllerRequest,
  UnregisterControllerResponse,
} from './messages/94-unregister-controller';
export {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from './records/consumer-protocol';
export {
  ControlRecordType,
  decodeControlKey,
  decodeEndTxnMarker,
  EndTxnMarker,
  encodeControlKey,
  encodeEndTxnMarker,
} from './records/control';
export type { EncodedRecord } from './records/coordinator';
export { coordinatorPartition } from './records/coordinator-partition';
export {
  decodeGroupRecord,
  encodeGroupRecord,
  type GroupRecord,
  type GroupRecordName,
  groupRecords,
} from './records/group';
export {
  BrokerRegistrationChangeRecord,
  ConfigRecord,
  decodeMetadataRecord,
  encodeMetadataRecord,
  FeatureLevelRecord,
  type MetadataRecord,
  type MetadataRecordName,
  metadataRecords,
  NoOpRecord,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  RegisterBrokerRecord,
  RemoveTopicRecord,
  TopicRecord,
  UnregisterBrokerRecord,
} from './records/metadata';
export {
  decodeShareStateRecord,
  encodeShareStateRecord,
  type ShareStateRecord,
  type ShareStateRecordName,
  shareStateRecords,
} from './records/share-state';
export {
  decodeTransactionRecord,
  encodeTransactionRecord,
  type TransactionRecord,
  type TransactionRecordName,
  transactionRecords,
} from './records/transaction';
export {
  array,
  between,
  bool,
  bytes,
  clientInt64,
  type Fields,
  float64,
  type InputOf,
  int8,
  int16,
  int32,
  int64,
  type Message,
  message,
  nullable,
  records,
  since,
  string,
  struct,
  tagged,
  type UnknownTaggedField,
  uint16,
  uint32,
  until,
  uuid,
  uvarint,
  type ValueOf,
  varint,
  varlong,
  withDefault,
  zeroUuid,
} from './schema';
