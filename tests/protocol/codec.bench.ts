/**
 * Operations per second of the codec: `npm run bench:codec`. Prints one line per case; figures belong into
 * docs/performance.md together with the machine.
 */
import {
  decode,
  decodeRequestHeader,
  encode,
  encodeResponse,
  FetchRequest,
  FetchResponse,
  FramePool,
  FrameReader,
  type InputOf,
  type Message,
  MetadataRequest,
  MetadataResponse,
  ProduceRequest,
  ProduceResponse,
} from '../../protocol';

const WARM_UP_MS = 150;
const MEASURED_MS = 600;

function measure(name: string, run: () => unknown): void {
  const until = (durationMs: number): number => {
    const start = process.hrtime.bigint();
    const end = start + BigInt(durationMs) * 1_000_000n;
    let operations = 0;
    let now = start;
    while (now < end) {
      for (let i = 0; i < 100; i += 1) run();
      operations += 100;
      now = process.hrtime.bigint();
    }
    return (operations * 1e9) / Number(now - start);
  };
  until(WARM_UP_MS);
  const perSecond = until(MEASURED_MS);
  const columns = [
    name.padEnd(46),
    perSecond.toFixed(0).padStart(12),
    (1e6 / perSecond).toFixed(3).padStart(12),
  ];
  process.stdout.write(`${columns.join('')}\n`);
}

function topicId(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

function bodyOf<F extends Message>(message: F, version: number, value: InputOf<F>): Buffer {
  return Buffer.concat(encode(message, version, value));
}

const topicCount = 1000;
const topics = Array.from({ length: topicCount }, (_, n) => ({
  errorCode: 0,
  name: `orders-of-region-${n}`,
  topicId: topicId(n),
  partitions: [
    {
      errorCode: 0,
      partitionIndex: 0,
      leaderId: 1,
      leaderEpoch: 3,
      replicaNodes: [1, 2, 3],
      isrNodes: [1, 2, 3],
    },
  ],
  topicAuthorizedOperations: -2147483648,
}));
const metadata: InputOf<typeof MetadataResponse> = {
  brokers: [{ nodeId: 1, host: 'broker-1.example', port: 9092 }],
  clusterId: 'cluster',
  controllerId: 1,
  topics,
};
const produce: InputOf<typeof ProduceRequest> = {
  acks: -1,
  timeoutMs: 30000,
  topicData: [
    { name: 'orders', topicId: topicId(1), partitionData: [{ index: 0, records: Buffer.alloc(170, 7) }] },
  ],
};
const produceResult: InputOf<typeof ProduceResponse> = {
  responses: [
    {
      name: 'orders',
      topicId: topicId(1),
      partitionResponses: [
        { index: 0, errorCode: 0, baseOffset: 123456789, logAppendTimeMs: -1, logStartOffset: 0 },
      ],
    },
  ],
};
const fetchRequest: InputOf<typeof FetchRequest> = {
  maxWaitMs: 500,
  minBytes: 1,
  topics: [
    {
      topic: 'orders',
      topicId: topicId(1),
      partitions: [
        { partition: 0, currentLeaderEpoch: 3, fetchOffset: 123456789, partitionMaxBytes: 1048576 },
      ],
    },
  ],
};
const fetchResult: InputOf<typeof FetchResponse> = {
  responses: [
    {
      topic: 'orders',
      topicId: topicId(1),
      partitions: [
        {
          partitionIndex: 0,
          errorCode: 0,
          highWatermark: 123456790,
          lastStableOffset: 123456790,
          logStartOffset: 0,
          abortedTransactions: null,
          records: [Buffer.alloc(1048576)],
        },
      ],
    },
  ],
};

const pool = new FramePool({ pooledSizeBytesMax: 64 * 1024 * 1024 });
const reader = new FrameReader(pool, { frameSizeBytesMax: 100 * 1024 * 1024 });

function framesOf(stream: Buffer): number {
  let frames = 0;
  for (let at = 0; at < stream.length; ) {
    const into = reader.readBuffer();
    const sizeBytes = Math.min(into.length, stream.length - at);
    into.set(stream.subarray(at, at + sizeBytes));
    at += sizeBytes;
    reader.advance(sizeBytes);
    for (let frame = reader.next(); frame !== null; frame = reader.next()) {
      frames += 1;
      frame.release();
    }
  }
  return frames;
}

function streamOf(count: number, sizeBytes: number): Buffer {
  const frame = Buffer.alloc(4 + sizeBytes);
  frame.writeInt32BE(sizeBytes, 0);
  return Buffer.concat(Array.from({ length: count }, () => frame));
}

process.stdout.write(`${'operation'.padEnd(46)}${'per second'.padStart(12)}${'microseconds'.padStart(12)}\n`);

const one = streamOf(1, 200);
const small = streamOf(1000, 200);
const large = streamOf(4, 256 * 1024);
measure('frames: 1 of 200 bytes, one read', () => framesOf(one));
measure('frames: 1,000 of 200 bytes, copy of 200 KB in', () => framesOf(small));
measure('frames: 4 of 256 KiB, copy of 1 MiB in', () => framesOf(large));
const produceHeader = Buffer.from('0000000d00000001000870726f647563657200', 'hex');
measure('request header v2', () => decodeRequestHeader(produceHeader, 2));
for (const version of [8, 13]) {
  const bytes = bodyOf(ProduceRequest, version, produce);
  measure(`decode Produce v${version}, one record of 100 bytes`, () =>
    decode(ProduceRequest, version, bytes),
  );
  measure(`encode Produce v${version} response frame`, () =>
    encodeResponse(ProduceResponse, version, 1, produceResult),
  );
}
for (const version of [11, 17]) {
  const bytes = bodyOf(FetchRequest, version, fetchRequest);
  measure(`decode Fetch v${version}, one partition`, () => decode(FetchRequest, version, bytes));
  measure(`encode Fetch v${version} response frame of 1 MiB`, () =>
    encodeResponse(FetchResponse, version, 1, fetchResult),
  );
}
for (const version of [8, 12]) {
  const request = bodyOf(MetadataRequest, version, { topics: topics.map(({ name }) => ({ name })) });
  const response = bodyOf(MetadataResponse, version, metadata);
  measure(`decode Metadata v${version} request, 1,000 topics`, () =>
    decode(MetadataRequest, version, request),
  );
  measure(`encode Metadata v${version} response, 1,000 topics`, () =>
    encodeResponse(MetadataResponse, version, 1, metadata),
  );
  measure(`decode Metadata v${version} response, 1,000 topics`, () =>
    decode(MetadataResponse, version, response),
  );
}
