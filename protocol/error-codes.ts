/**
 * Every error code of the protocol: one row each, in the order of the codes. Expected refusals are these numbers, never
 * exceptions (house rule 8).
 *
 * A client that does not know a code treats it as UNKNOWN_SERVER_ERROR, so a newer code must not go to an older request
 * version than the one that brought it.
 */

/** [code, name, whether clients try again by themselves, what it means]. */
const ROWS = [
  [-1, 'UNKNOWN_SERVER_ERROR', false, 'something failed that has no code of its own'],
  [0, 'NONE', false, 'no error'],
  [1, 'OFFSET_OUT_OF_RANGE', false, 'the offset lies outside the log'],
  [2, 'CORRUPT_MESSAGE', true, 'a batch is damaged, too large, or lacks a key that a compacted topic needs'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION', true, 'no such topic or partition here'],
  [4, 'INVALID_FETCH_SIZE', false, 'a fetch asked for an impossible size'],
  [5, 'LEADER_NOT_AVAILABLE', true, 'the partition has no leader at the moment'],
  [6, 'NOT_LEADER_OR_FOLLOWER', true, 'this broker does not lead the partition (or holds no replica of it)'],
  [7, 'REQUEST_TIMED_OUT', true, 'the request did not finish in the time it allowed'],
  [8, 'BROKER_NOT_AVAILABLE', false, 'the broker cannot be reached'],
  [9, 'REPLICA_NOT_AVAILABLE', true, 'the replica cannot be reached'],
  [10, 'MESSAGE_TOO_LARGE', false, 'a batch is larger than the topic allows'],
  [11, 'STALE_CONTROLLER_EPOCH', false, 'the request comes from a controller that was replaced'],
  [12, 'OFFSET_METADATA_TOO_LARGE', false, 'the metadata of a committed offset is too long'],
  [13, 'NETWORK_EXCEPTION', true, 'the connection broke before the answer came'],
  [14, 'COORDINATOR_LOAD_IN_PROGRESS', true, 'the coordinator is still reading its state'],
  [15, 'COORDINATOR_NOT_AVAILABLE', true, 'there is no coordinator at the moment'],
  [16, 'NOT_COORDINATOR', true, 'another broker coordinates this group or transaction'],
  [
    17,
    'INVALID_TOPIC_EXCEPTION',
    false,
    'the topic name is not allowed, or the topic may not be used this way',
  ],
  [18, 'RECORD_LIST_TOO_LARGE', false, 'the batches do not fit into a segment'],
  [19, 'NOT_ENOUGH_REPLICAS', true, 'fewer replicas in sync than the topic demands; nothing was written'],
  [
    20,
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    true,
    'written, but on fewer replicas in sync than the topic demands',
  ],
  [21, 'INVALID_REQUIRED_ACKS', false, 'acks is none of -1, 0, 1'],
  [22, 'ILLEGAL_GENERATION', false, "the generation is not the group's current one"],
  [23, 'INCONSISTENT_GROUP_PROTOCOL', false, 'no protocol in common with the group, or none given'],
  [24, 'INVALID_GROUP_ID', false, 'the group id is not allowed'],
  [25, 'UNKNOWN_MEMBER_ID', false, 'the group knows no such member'],
  [26, 'INVALID_SESSION_TIMEOUT', false, "the session timeout lies outside the broker's bounds"],
  [27, 'REBALANCE_IN_PROGRESS', false, 'the group rebalances; join again'],
  [28, 'INVALID_COMMIT_OFFSET_SIZE', false, 'the offset commit is too large'],
  [29, 'TOPIC_AUTHORIZATION_FAILED', false, 'the topic is not permitted to this principal'],
  [30, 'GROUP_AUTHORIZATION_FAILED', false, 'the group is not permitted to this principal'],
  [31, 'CLUSTER_AUTHORIZATION_FAILED', false, 'the cluster operation is not permitted to this principal'],
  [32, 'INVALID_TIMESTAMP', false, "a timestamp is too far from the broker's time"],
  [33, 'UNSUPPORTED_SASL_MECHANISM', false, 'the SASL mechanism is not enabled'],
  [34, 'ILLEGAL_SASL_STATE', false, 'the request does not fit the state of the authentication'],
  [35, 'UNSUPPORTED_VERSION', false, 'this version of the request is not served'],
  [36, 'TOPIC_ALREADY_EXISTS', false, 'a topic of that name exists'],
  [37, 'INVALID_PARTITIONS', false, 'the number of partitions is not allowed'],
  [38, 'INVALID_REPLICATION_FACTOR', false, 'the replication factor is not allowed or cannot be met'],
  [39, 'INVALID_REPLICA_ASSIGNMENT', false, 'the given assignment of replicas is not valid'],
  [40, 'INVALID_CONFIG', false, 'a setting is not valid'],
  [41, 'NOT_CONTROLLER', true, 'another node is the controller'],
  [42, 'INVALID_REQUEST', false, 'the request contradicts itself'],
  [43, 'UNSUPPORTED_FOR_MESSAGE_FORMAT', false, 'the message format is too old for this request'],
  [44, 'POLICY_VIOLATION', false, 'a policy of the broker forbids it'],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', false, 'a sequence number is missing between this batch and the last'],
  [46, 'DUPLICATE_SEQUENCE_NUMBER', false, 'this sequence number was written before'],
  [47, 'INVALID_PRODUCER_EPOCH', false, "the producer's epoch is not the current one"],
  [48, 'INVALID_TXN_STATE', false, 'the transaction is not in a state that allows this'],
  [49, 'INVALID_PRODUCER_ID_MAPPING', false, 'the producer id is not the one of this transactional id'],
  [50, 'INVALID_TRANSACTION_TIMEOUT', false, 'the transaction timeout is larger than the broker allows'],
  [51, 'CONCURRENT_TRANSACTIONS', true, 'another operation on this transaction is still under way'],
  [52, 'TRANSACTION_COORDINATOR_FENCED', false, 'the marker comes from a coordinator that was replaced'],
  [
    53,
    'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    false,
    'the transactional id is not permitted to this principal',
  ],
  [54, 'SECURITY_DISABLED', false, 'no security feature is enabled here'],
  [55, 'OPERATION_NOT_ATTEMPTED', false, 'not tried, because another part of the request failed'],
  [56, 'KAFKA_STORAGE_ERROR', true, 'the log cannot be read or written'],
  [57, 'LOG_DIR_NOT_FOUND', false, 'no such log directory'],
  [58, 'SASL_AUTHENTICATION_FAILED', false, 'the credentials were not accepted'],
  [59, 'UNKNOWN_PRODUCER_ID', false, 'nothing is known of this producer id any more'],
  [60, 'REASSIGNMENT_IN_PROGRESS', false, 'the partition is being reassigned'],
  [61, 'DELEGATION_TOKEN_AUTH_DISABLED', false, 'delegation tokens are not enabled'],
  [62, 'DELEGATION_TOKEN_NOT_FOUND', false, 'no such delegation token'],
  [63, 'DELEGATION_TOKEN_OWNER_MISMATCH', false, 'the delegation token belongs to someone else'],
  [
    64,
    'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED',
    false,
    'delegation tokens may not be requested on this kind of connection',
  ],
  [
    65,
    'DELEGATION_TOKEN_AUTHORIZATION_FAILED',
    false,
    'the delegation token is not permitted to this principal',
  ],
  [66, 'DELEGATION_TOKEN_EXPIRED', false, 'the delegation token has expired'],
  [67, 'INVALID_PRINCIPAL_TYPE', false, 'the kind of principal is not supported'],
  [68, 'NON_EMPTY_GROUP', false, 'the group still has members'],
  [69, 'GROUP_ID_NOT_FOUND', false, 'no such group'],
  [70, 'FETCH_SESSION_ID_NOT_FOUND', true, 'no such fetch session'],
  [71, 'INVALID_FETCH_SESSION_EPOCH', true, 'the fetch session expected another epoch'],
  [72, 'LISTENER_NOT_FOUND', true, 'the leader has no listener of the name in use'],
  [73, 'TOPIC_DELETION_DISABLED', false, 'topics may not be deleted here'],
  [74, 'FENCED_LEADER_EPOCH', true, 'the leader epoch of the request is older than ours'],
  [75, 'UNKNOWN_LEADER_EPOCH', true, 'the leader epoch of the request is newer than ours'],
  [76, 'UNSUPPORTED_COMPRESSION_TYPE', false, 'the client cannot read the compression in use'],
  [77, 'STALE_BROKER_EPOCH', false, 'the broker epoch is not the current one'],
  [78, 'OFFSET_NOT_AVAILABLE', true, 'a new leader does not know yet how far the log is committed'],
  [79, 'MEMBER_ID_REQUIRED', false, 'join again with the member id that was just given'],
  [80, 'PREFERRED_LEADER_NOT_AVAILABLE', true, 'the preferred leader cannot lead now'],
  [81, 'GROUP_MAX_SIZE_REACHED', false, 'the group has as many members as it may have'],
  [82, 'FENCED_INSTANCE_ID', false, 'another member took over this group instance id'],
  [83, 'ELIGIBLE_LEADERS_NOT_AVAILABLE', true, 'no replica that may lead is alive'],
  [84, 'ELECTION_NOT_NEEDED', true, 'the partition has the leader it should have'],
  [85, 'NO_REASSIGNMENT_IN_PROGRESS', false, 'no reassignment is under way'],
  [86, 'GROUP_SUBSCRIBED_TO_TOPIC', false, 'the group still subscribes to the topic'],
  [87, 'INVALID_RECORD', false, 'a record was refused'],
  [88, 'UNSTABLE_OFFSET_COMMIT', true, 'offsets of an open transaction are in the way'],
  [89, 'THROTTLING_QUOTA_EXCEEDED', true, 'a quota was exceeded'],
  [90, 'PRODUCER_FENCED', false, 'a newer producer uses this transactional id'],
  [91, 'RESOURCE_NOT_FOUND', false, 'no such resource'],
  [92, 'DUPLICATE_RESOURCE', false, 'a resource was named twice'],
  [93, 'UNACCEPTABLE_CREDENTIAL', false, 'the credential does not meet the requirements'],
  [94, 'INCONSISTENT_VOTER_SET', false, 'sender or receiver is not among the expected voters'],
  [95, 'INVALID_UPDATE_VERSION', false, 'the requested feature level is not allowed'],
  [96, 'FEATURE_UPDATE_FAILED', false, 'the feature level could not be changed'],
  [97, 'PRINCIPAL_DESERIALIZATION_FAILURE', false, 'a forwarded principal cannot be read'],
  [98, 'SNAPSHOT_NOT_FOUND', false, 'no such snapshot'],
  [99, 'POSITION_OUT_OF_RANGE', false, 'the position lies outside the snapshot'],
  [100, 'UNKNOWN_TOPIC_ID', true, 'no topic with this id here'],
  [101, 'DUPLICATE_BROKER_REGISTRATION', false, 'the broker id is in use'],
  [102, 'BROKER_ID_NOT_REGISTERED', false, 'no broker registered under this id'],
  [103, 'INCONSISTENT_TOPIC_ID', true, 'the topic has another id in the log'],
  [104, 'INCONSISTENT_CLUSTER_ID', false, 'the request is meant for another cluster'],
  [105, 'TRANSACTIONAL_ID_NOT_FOUND', false, 'no such transactional id'],
  [106, 'FETCH_SESSION_TOPIC_ID_ERROR', true, 'the fetch session mixes topic names and ids'],
  [107, 'INELIGIBLE_REPLICA', false, 'a replica may not join the in-sync set'],
  [108, 'NEW_LEADER_ELECTED', false, 'done, but the leader changed meanwhile'],
  [109, 'OFFSET_MOVED_TO_TIERED_STORAGE', false, 'the offset is in remote storage only'],
  [110, 'FENCED_MEMBER_EPOCH', false, "the member's epoch was fenced; give up all partitions and join again"],
  [111, 'UNRELEASED_INSTANCE_ID', false, 'the group instance id is still held by another member'],
  [112, 'UNSUPPORTED_ASSIGNOR', false, 'no such assignor, or not in that version'],
  [113, 'STALE_MEMBER_EPOCH', false, "the member's epoch is old; heartbeat and try again"],
  [114, 'MISMATCHED_ENDPOINT_TYPE', false, 'the endpoint is of another kind than the request expects'],
  [115, 'UNSUPPORTED_ENDPOINT_TYPE', false, 'this kind of endpoint is not served'],
  [116, 'UNKNOWN_CONTROLLER_ID', false, 'no such controller'],
  [117, 'UNKNOWN_SUBSCRIPTION_ID', false, 'the telemetry subscription is not the current one'],
  [118, 'TELEMETRY_TOO_LARGE', false, 'the telemetry is too large'],
  [119, 'INVALID_REGISTRATION', false, 'the registration was refused'],
  [120, 'TRANSACTION_ABORTABLE', false, 'the transaction must be aborted; the producer may go on after that'],
  [121, 'INVALID_RECORD_STATE', false, 'the record cannot be acknowledged in its state'],
  [122, 'SHARE_SESSION_NOT_FOUND', true, 'no such share session'],
  [123, 'INVALID_SHARE_SESSION_EPOCH', true, 'the share session expected another epoch'],
  [124, 'FENCED_STATE_EPOCH', false, 'the state epoch is not the current one'],
  [125, 'INVALID_VOTER_KEY', false, 'the voter has another key'],
  [126, 'DUPLICATE_VOTER', false, 'the voter is in the set already'],
  [127, 'VOTER_NOT_FOUND', false, 'the voter is not in the set'],
  [128, 'INVALID_REGULAR_EXPRESSION', false, 'the regular expression is not valid'],
  [
    129,
    'REBOOTSTRAP_REQUIRED',
    false,
    'the client knows too little that is current; start over from the bootstrap servers',
  ],
  [130, 'STREAMS_INVALID_TOPOLOGY', false, 'the topology is not valid'],
  [131, 'STREAMS_INVALID_TOPOLOGY_EPOCH', false, 'the topology epoch is not valid'],
  [132, 'STREAMS_TOPOLOGY_FENCED', false, 'the topology epoch is old'],
  [133, 'SHARE_SESSION_LIMIT_REACHED', true, 'no more share sessions are allowed'],
  [134, 'GROUP_DELETION_FAILED', false, 'the group was not deleted; its own result says why'],
  [
    135,
    'STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED',
    false,
    'the topology description was not stored; the message says why',
  ],
  [136, 'CONTROLLER_ID_NOT_REGISTERED', false, 'no controller registered under this id'],
] as const;

type Row = (typeof ROWS)[number];
export type ErrorName = Row[1];
/** An error code as it stands on the wire. */
export type ErrorCode = Row[0];

type CodeOf<Name extends ErrorName> = Extract<Row, readonly [number, Name, boolean, string]>[0];

/** `ErrorCode.NOT_LEADER_OR_FOLLOWER` is 6. */
export const ErrorCode = Object.freeze(Object.fromEntries(ROWS.map(([code, name]) => [name, code]))) as {
  readonly [Name in ErrorName]: CodeOf<Name>;
};

export interface ErrorDescription {
  readonly code: ErrorCode;
  readonly name: ErrorName;
  /** Clients send the request again, usually after refreshing what they know. */
  readonly retriable: boolean;
  readonly description: string;
}

const LOWEST_CODE = -1;

/** All codes, ascending. */
export const errorCodes: readonly ErrorDescription[] = ROWS.map(([code, name, retriable, description]) => ({
  code,
  name,
  retriable,
  description,
}));

/** undefined for a number that is no error code. */
export function errorOf(code: number): ErrorDescription | undefined {
  return errorCodes[code - LOWEST_CODE];
}

/** The name for logs and messages; a number that is no code is shown as it is. */
export function errorName(code: number): string {
  return errorOf(code)?.name ?? `ERROR_${code}`;
}
