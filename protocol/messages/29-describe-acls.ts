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
 * DescribeAcls (key 29): rules that match a filter (KIP-140), null matches all. v1 kinds of patterns
 * (KIP-290); v3 users as resources (KIP-373).
 */
export const DescribeAclsRequest = message({
  name: 'DescribeAclsRequest',
  apiKey: 29,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    // 1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user
    resourceTypeFilter: int8,
    resourceNameFilter: nullable(string),
    patternTypeFilter: withDefault(int8, 3), // 1 any, 2 match, 3 literal, 4 prefixed
    principalFilter: nullable(string),
    hostFilter: nullable(string),
    operation: int8,
    permissionType: int8, // 1 any, 2 deny, 3 allow
  },
});
export type DescribeAclsRequest = ValueOf<typeof DescribeAclsRequest>;

/** The rules, by resource. */
export const DescribeAclsResponse = message({
  name: 'DescribeAclsResponse',
  apiKey: 29,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        patternType: withDefault(int8, 3),
        acls: array(
          struct({
            principal: string,
            host: string,
            operation: int8,
            permissionType: int8,
          }),
        ),
      }),
    ),
  },
});
export type DescribeAclsResponse = ValueOf<typeof DescribeAclsResponse>;
