import {
  ErrorCode,
  type InputOf,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
} from '../../protocol';
import type { Handler } from './handler';

type Response = InputOf<typeof ListPartitionReassignmentsResponse>;

/**
 * ListPartitionReassignments: v0.
 *
 * Behaviour: only what is under way is listed, whatever was asked for (24); on one broker nothing ever is.
 */
export const listPartitionReassignments: Handler<ListPartitionReassignmentsRequest, Response> = {
  apiKey: 46,
  handle: () => ({ response: { errorCode: ErrorCode.NONE, errorMessage: null, topics: [] } }),
  refuse: (_request, errorCode) => ({ errorCode, errorMessage: null, topics: [] }),
};
