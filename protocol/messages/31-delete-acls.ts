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
 * DeleteAcls (key 31): delete the rules that match filters (KIP-140). v1 kinds of patterns (KIP-290); v3
 * users as resources (KIP-373).
 */
export const DeleteAclsRequest = message({
  name: 'DeleteAclsRequest',
  apiKey: 31,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    filters: array(
      struct({
        resourceTypeFilter: int8,
        resourceNameFilter: nullable(string),
        patternTypeFilter: withDefault(int8, 3), // 1 any, 2 match, 3 literal, 4 prefixed
        principalFilter: nullable(string),
        hostFilter: nullable(string),
        operation: int8,
        permissionType: int8, // 1 any, 2 deny, 3 allow
      }),
    ),
  },
});
export type DeleteAclsRequest = ValueOf<typeof DeleteAclsRequest>;

/** The rules that are gone, by filter. */
export const DeleteAclsResponse = message({
  name: 'DeleteAclsResponse',
  apiKey: 31,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    filterResults: array(
      struct({
        errorCode: int16,
        errorMessage: nullable(string),
        matchingAcls: array(
          struct({
            errorCode: int16,
            errorMessage: nullable(string),
            resourceType: int8,
            resourceName: string,
            patternType: withDefault(int8, 3),
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
export type DeleteAclsResponse = ValueOf<typeof DeleteAclsResponse>;
