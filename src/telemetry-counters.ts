/**
 * What is counted while the broker works: plain numbers in the objects that the hot paths hold anyway, added to and never
 * looked at there. Whoever shows them reads them all when asked. Counters begin at 0 with the process.
 */

/** One partition. Bytes are those of record batches. */
export class PartitionTraffic {
  produceRequests = 0;
  failedProduceRequests = 0;
  messagesIn = 0;
  bytesIn = 0;
  fetchRequests = 0;
  failedFetchRequests = 0;
  bytesOut = 0;
}

/** Keys above are private or unknown; they are not counted. */
const API_KEY_MAX = 127;

/** One broker. */
export class BrokerCounters {
  /** By API key; what was refused before a handler saw it is not in it. */
  readonly requests = new Float64Array(API_KEY_MAX + 1);
  connectionsOpened = 0;
  connectionsClosed = 0;
  connectionsRefused = 0;
}
