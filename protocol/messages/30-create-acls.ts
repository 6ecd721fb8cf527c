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

/**
 * CreateAcls (key 30): add rules (KIP-140). v1 kinds of patterns (KIP-290); v3 users as resources
 * (KIP-373).
 */
export const CreateAclsRequest = message({
  name: 'CreateAclsRequest',
  apiKey: 30,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    creations: array(
      struct({
        resourceType: int8,
        resourceName: string,
        resourcePatternType: withDefault(int8, 3), // 3 literal, 4 prefixed
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8, // 2 deny, 3 allow
      }),
    ),
  },
});
export type CreateAclsRequest = ValueOf<typeof CreateAclsRequest>;

/** One result per rule, in their order. */
export const CreateAclsResponse = message({
  name: 'CreateAclsResponse',
  apiKey: 30,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    results: array(
      struct({
        errorCode: int16,
        errorMessage: nullable(string),
      }),
    ),
  },
});
export type CreateAclsResponse = ValueOf<typeof CreateAclsResponse>;
