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
export { ApiVersionsRequest, ApiVersionsResponse } from './messages/18-api-versions';
export { CreateTopicsRequest, CreateTopicsResponse } from './messages/19-create-topics';
export { DeleteTopicsRequest, DeleteTopicsResponse } from './messages/20-delete-topics';
export { InitProducerIdRequest, InitProducerIdResponse } from './messages/22-init-producer-id';
export {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from './messages/23-offset-for-leader-epoch';
export { DescribeConfigsRequest, DescribeConfigsResponse } from './messages/32-describe-configs';
export { DescribeClusterRequest, DescribeClusterResponse } from './messages/60-describe-cluster';
export {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from './messages/75-describe-topic-partitions';
export {
  ControlRecordType,
  decodeControlKey,
  decodeEndTxnMarker,
  EndTxnMarker,
  encodeControlKey,
  encodeEndTxnMarker,
} from './records/control';
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
