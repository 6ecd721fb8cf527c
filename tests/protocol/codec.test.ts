import {
  apis,
  array,
  bool,
  bytes,
  DecodeError,
  DescribeConfigsResponse,
  DescribeTopicPartitionsRequest,
  decode,
  decodedEnd,
  EncodeError,
  encode,
  encodeRequest,
  encodeResponse,
  encodeToBuffer,
  FetchRequest,
  FetchResponse,
  float64,
  type InputOf,
  int8,
  int16,
  int32,
  int64,
  ListConfigResourcesRequest,
  ListOffsetsRequest,
  type Message,
  MetadataRequest,
  MetadataResponse,
  message,
  nullable,
  ProduceRequest,
  ProduceResponse,
  records,
  since,
  string,
  struct,
  tagged,
  uint16,
  uint32,
  uuid,
  uvarint,
  varint,
  varlong,
  withDefault,
} from '../../protocol';
import { readLines } from './support/oracle';

const TOPIC_ID = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6';

function bodyOf<F extends Message>(of: F, version: number, value: InputOf<F>): Buffer {
  return Buffer.concat(encode(of, version, value));
}

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof EncodeError) return error.message;
    throw error;
  }
  return 'no error';
}

const produce: InputOf<typeof ProduceRequest> = {
  acks: -1,
  timeoutMs: 1500,
  topicData: [
    {
      name: 'orders',
      topicId: TOPIC_ID,
      partitionData: [
        { index: 0, records: Buffer.from('first') },
        { index: 1, records: null },
        { index: 2, records: Buffer.from('third') },
      ],
    },
  ],
};

describe('errors name the field and the byte', () => {
  const old = bodyOf(ProduceRequest, 3, produce);
  const flexible = bodyOf(ProduceRequest, 13, produce);

  function patched(body: Buffer, at: number, hex: string): Buffer {
    const copy = Buffer.from(body);
    Buffer.from(hex, 'hex').copy(copy, at);
    return copy;
  }

  /** In place of "no tagged fields" at the end. */
  function withTags(body: Buffer, hex: string): Buffer {
    return Buffer.concat([body.subarray(0, body.length - 1), Buffer.from(hex, 'hex')]);
  }

  test('golden', () => {
    const listOffsets = Buffer.from('ffffffff0000000001', 'hex');
    const lines = [
      errorOf(() => decode(ProduceRequest, 3, Buffer.alloc(0))),
      errorOf(() => decode(ProduceRequest, 3, old.subarray(0, 5))),
      errorOf(() => decode(ProduceRequest, 3, patched(old, 8, '7fffffff'))),
      errorOf(() => decode(ProduceRequest, 3, patched(old, 8, 'ffffffff'))),
      errorOf(() => decode(ProduceRequest, 3, patched(old, 12, '7fff'))),
      errorOf(() => decode(ProduceRequest, 3, patched(old, 12, 'ffff'))),
      errorOf(() => decode(ProduceRequest, 3, old.subarray(0, old.length - 1))),
      errorOf(() => decode(ProduceRequest, 13, flexible.subarray(0, 30))),
      errorOf(() => decode(ProduceRequest, 13, patched(flexible, 0, 'ffffffffff'))),
      errorOf(() => decode(ProduceRequest, 13, flexible.subarray(0, flexible.length - 1))),
      errorOf(() => decode(ProduceRequest, 13, patched(flexible, flexible.length - 1, '01'))),
      errorOf(() => decode(ProduceRequest, 13, withTags(flexible, 'ffffffff0f'))),
      errorOf(() => decode(ListOffsetsRequest, 2, listOffsets)),
      errorOf(() => decode(FetchRequest, 12, Buffer.from(`${'00'.repeat(25)}01010101000509`, 'hex'))),
      // Known from version 15 on: Kafka does not take it for an unknown one either.
      errorOf(() => decode(FetchRequest, 12, Buffer.from(`${'00'.repeat(25)}010101010100`, 'hex'))),
    ];
    expect(lines.join('\n')).toBe(
      [
        'ProduceRequest v3 transactionalId at byte 0: length needs 2 bytes, 0 left',
        'ProduceRequest v3 timeoutMs at byte 4: int32 needs 4 bytes, 1 left',
        'ProduceRequest v3 topicData at byte 8: 2147483647 elements of at least 6 bytes, 46 bytes left',
        'ProduceRequest v3 topicData at byte 8: count -1 of an array that cannot be null',
        'ProduceRequest v3 topicData[0].name at byte 12: length 32767, 44 bytes left',
        'ProduceRequest v3 topicData[0].name at byte 12: length -1 of string that cannot be null',
        'ProduceRequest v3 topicData[0].partitionData[2].records at byte 49: length 5, 4 bytes left',
        'ProduceRequest v13 topicData[0].partitionData at byte 24: 3 elements of at least 6 bytes, 5 bytes left',
        'ProduceRequest v13 transactionalId at byte 0: length is a varint that does not end',
        'ProduceRequest v13 taggedFields at byte 54: count is missing',
        'ProduceRequest v13 taggedFields at byte 55: tag is missing',
        'ProduceRequest v13 taggedFields at byte 54: count -1',
        'ListOffsetsRequest v2 topics at byte 5: 1 elements of at least 6 bytes, 0 bytes left',
        'FetchRequest v12 clusterId at byte 31: length 8, 0 bytes left',
        'FetchRequest v12 taggedFields at byte 30: tag 1 is of another version',
      ].join('\n'),
    );
  });

  test('positions count from the start of the buffer, so that they fit a dump of the frame', () => {
    const frame = Buffer.concat([Buffer.alloc(100), Buffer.from('ffffffffff', 'hex')]);
    expect(errorOf(() => decode(ProduceRequest, 13, frame, 100))).toContain('at byte 100:');
  });

  test('the parts of the message are fields of the error', () => {
    const error = (() => {
      try {
        return decode(ProduceRequest, 3, old.subarray(0, old.length - 1));
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toMatchObject({
      name: 'DecodeError',
      code: 'PROTOCOL_DECODE',
      messageName: 'ProduceRequest v3',
      path: 'topicData[0].partitionData[2].records',
      offsetBytes: 49,
    });
  });

  test('a value that does not fit its schema names the field', () => {
    const response = (partition: object) =>
      errorOf(() =>
        encode(ProduceResponse as Message, 11, {
          responses: [{ name: 't', partitionResponses: [partition] }],
        }),
      );
    const good = { index: 0, errorCode: 0, baseOffset: 0 };
    const lines = [
      response(good),
      response({ ...good, errorCode: 40000 }),
      response({ ...good, index: undefined }),
      response({ ...good, baseOffset: 2 ** 53 }),
      response({ ...good, baseOffset: 2n ** 63n }),
      response({ ...good, errorMessage: 7 }),
      response({ ...good, recordErrors: null }),
      response({ ...good, currentLeader: null }),
      errorOf(() => encode(ProduceRequest as Message, 13, { ...produce, topicData: [{ topicId: 'x' }] })),
      errorOf(() => encode(MetadataRequest, 0, { topics: null })),
      errorOf(() => encode(ProduceRequest, 9, { ...produce, transactionalId: 'x'.repeat(40000) })),
    ];
    expect(lines.join('\n')).toBe(
      [
        'no error',
        'ProduceResponse.responses[].partitionResponses[].errorCode: expected an int16',
        'ProduceResponse.responses[].partitionResponses[].index: expected an int32',
        'ProduceResponse.responses[].partitionResponses[].baseOffset: expected a safe integer or a bigint of 64 bits',
        'ProduceResponse.responses[].partitionResponses[].baseOffset: expected a safe integer or a bigint of 64 bits',
        'ProduceResponse.responses[].partitionResponses[].errorMessage: expected a string or null',
        'ProduceResponse.responses[].partitionResponses[].recordErrors: expected an array',
        'ProduceResponse.responses[].partitionResponses[].currentLeader: expected a structure',
        'ProduceRequest.topicData[].topicId: expected a uuid in canonical lower-case text',
        'MetadataRequest.topics: expected an array',
        'ProduceRequest.transactionalId: expected at most 32767 bytes of text',
      ].join('\n'),
    );
  });
});

describe('buffers', () => {
  test('records are views of the frame', () => {
    const frame = bodyOf(ProduceRequest, 9, produce);
    const { topicData } = decode(ProduceRequest, 9, frame);
    const view = topicData[0]!.partitionData[0]!.records!;
    expect(view.buffer).toBe(frame.buffer);
    frame.fill(0x61);
    expect(view.toString()).toBe('aaaaa');
  });

  test('large records are lent, small ones copied; a response frame is size, header and body', () => {
    const large = [Buffer.alloc(3000, 1), Buffer.alloc(500, 2)];
    const partition = { errorCode: 0, highWatermark: 9, abortedTransactions: null };
    const value: InputOf<typeof FetchResponse> = {
      responses: [
        {
          topicId: TOPIC_ID,
          partitions: [
            { ...partition, partitionIndex: 0, records: large },
            { ...partition, partitionIndex: 1, records: Buffer.from('small') },
            { ...partition, partitionIndex: 2, records: large[0]! },
          ],
        },
      ],
    };
    const parts = encodeResponse(FetchResponse, 17, 77, value);
    expect(parts).toHaveLength(6);
    expect([parts[1], parts[2], parts[4]]).toEqual([large[0], large[1], large[0]]);
    expect(parts[1]).toBe(large[0]);
    const whole = Buffer.concat(parts);
    expect(whole.readInt32BE(0)).toBe(whole.length - 4);
    expect(whole.readInt32BE(4)).toBe(77);
    const { responses } = decode(FetchResponse, 17, whole, 9);
    expect(responses[0]!.partitions.map((one) => one.records?.length)).toEqual([3500, 5, 3000]);
    expect(encodeToBuffer(FetchResponse, 17, value).equals(whole.subarray(9))).toBe(true);
  });

  test('a request frame', () => {
    const header = { correlationId: 5, clientId: 'größe' };
    const parts = encodeRequest(MetadataRequest, 9, header, { topics: [] });
    expect(parts.map((part) => part.toString('hex')).join('')).toBe(
      ['0000001a', '0003', '0009', '00000005', '0007', '6772c3b6c39f65', '00', '01', '01', '00', '00', '00']
        .join('')
        .replace('0000001a', '00000017'),
    );
  });

  test('bytes behind the body are ignored', () => {
    const body = bodyOf(ProduceRequest, 9, produce);
    const longer = Buffer.concat([body, Buffer.from('more')]);
    expect(decode(ProduceRequest, 9, longer)).toEqual(decode(ProduceRequest, 9, body));
    expect(decodedEnd(ProduceRequest, 9, longer)).toBe(body.length);
  });
});

describe('versions', () => {
  test('absent fields take their defaults, and every version yields the same properties', () => {
    const v4 = decode(FetchRequest, 4, bodyOf(FetchRequest, 4, { maxWaitMs: 1, minBytes: 2, topics: [] }));
    expect(v4).toEqual({
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 1,
      minBytes: 2,
      maxBytes: 2147483647,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [],
      forgottenTopicsData: [],
      rackId: '',
    });
    const v18 = decode(FetchRequest, 18, bodyOf(FetchRequest, 18, { maxWaitMs: 1, minBytes: 2, topics: [] }));
    expect(Object.keys(v18)).toEqual(Object.keys(v4));
  });

  test('defaults are fresh: changing one decoded value does not change the next', () => {
    const body = bodyOf(FetchRequest, 4, { maxWaitMs: 1, minBytes: 2, topics: [] });
    (decode(FetchRequest, 4, body).forgottenTopicsData as unknown[]).push('mine');
    expect(decode(FetchRequest, 4, body).forgottenTopicsData).toEqual([]);
  });

  test('fields that a version lacks are left out whatever they hold', () => {
    const value = { brokers: [], topics: [], clusterId: 'c', controllerId: 3, throttleTimeMs: 9 };
    expect(bodyOf(MetadataResponse, 0, value).toString('hex')).toBe('0000000000000000');
  });

  test('a version that does not exist is our mistake', () => {
    expect(() => decode(ProduceRequest, 14, Buffer.alloc(100))).toThrow('ProduceRequest has no version 14');
  });

  test('unknown tagged fields survive between known ones, in order', () => {
    const Tagged = message({
      name: 'Tagged',
      versions: [0, 0],
      flexibleFrom: 0,
      fields: { first: tagged(1, withDefault(string, '')), second: tagged(4, withDefault(int8, 0)) },
    });
    const frame = Buffer.from(
      '06' + '0001ff' + '0103036869' + '0200' + '040109' + '0500' + 'ac0202beef',
      'hex',
    );
    const value = decode(Tagged, 0, frame);
    expect(value).toEqual({
      first: 'hi',
      second: 9,
      unknownTaggedFields: [
        { tag: 0, bytes: Buffer.from('ff', 'hex') },
        { tag: 2, bytes: Buffer.alloc(0) },
        { tag: 5, bytes: Buffer.alloc(0) },
        { tag: 300, bytes: Buffer.from('beef', 'hex') },
      ],
    });
    expect(bodyOf(Tagged, 0, value).toString('hex')).toBe(frame.toString('hex'));
  });
});

// Every type of the language, in plain and flexible form, at its edges.
describe('types', () => {
  const Everything = message({
    name: 'Everything',
    versions: [0, 2],
    flexibleFrom: 1,
    fields: {
      int8,
      int16,
      uint16,
      int32,
      uint32,
      int64,
      float64,
      bool,
      uuid,
      uvarint,
      varint,
      varlong,
      string,
      bytes,
      records: nullable(records),
      numbers: array(varint),
      maybe: nullable(struct({ a: int32, b: nullable(array(string)) })),
      inner: struct({ x: withDefault(int64, -1), late: since(2, nullable(string), null) }),
      tag: tagged(3, since(1, nullable(struct({ n: int8 })), null)),
      tagBytes: tagged(1, since(2, bytes)),
    },
  });
  const value: InputOf<typeof Everything> = {
    int8: -128,
    int16: -32768,
    uint16: 65535,
    int32: -2147483648,
    uint32: 4294967295,
    int64: Number.MIN_SAFE_INTEGER,
    float64: -0.5,
    bool: true,
    uuid: TOPIC_ID,
    uvarint: 4294967295,
    varint: -2147483648,
    varlong: -9223372036854775808n,
    string: 'größe 日本語 🦜',
    bytes: Buffer.from([1, 2, 3]),
    records: null,
    numbers: [0, -1, 63, -64, 64, 2147483647],
    maybe: { a: 1, b: ['x', ''] },
    inner: { x: 9223372036854775807n, late: 'late' },
    tag: { n: -7 },
    tagBytes: Buffer.alloc(5000, 6),
  };

  test.each([0, 1, 2])('version %i comes back as it went', (version) => {
    const decoded = decode(Everything, version, bodyOf(Everything, version, value));
    expect(decoded).toEqual({
      ...value,
      inner: { ...value.inner, late: version === 2 ? 'late' : null },
      tag: version === 0 ? null : value.tag,
      tagBytes: version === 2 ? value.tagBytes : Buffer.alloc(0),
    });
    expect(
      decode(Everything, version, bodyOf(Everything, version, { ...value, maybe: null })).maybe,
    ).toBeNull();
  });

  test.each([
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    [2n ** 53n, '0020000000000000'],
    [Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
    [-(2n ** 53n), 'ffe0000000000000'],
    [-1, 'ffffffffffffffff'],
    [4294967296, '0000000100000000'],
    [-4294967297, 'fffffffeffffffff'],
    [9223372036854775807n, '7fffffffffffffff'],
    [-9223372036854775808n, '8000000000000000'],
  ])('int64 %s is exact', (number, hex) => {
    const One = message({ name: 'One', versions: [0, 0], fields: { value: int64 } });
    expect(bodyOf(One, 0, { value: number }).toString('hex')).toBe(hex);
    expect(decode(One, 0, Buffer.from(hex, 'hex')).value).toBe(number);
  });
});

describe('lying counts and lengths', () => {
  const SIZE = 8 * 1024 * 1024;
  const configs = Array.from({ length: 40_000 }, (_, n) => ({
    name: `key-${n}`,
    value: null,
    readOnly: false,
    isSensitive: false,
    synonyms: [],
  }));
  const honest = bodyOf(DescribeConfigsResponse, 4, {
    results: [{ errorCode: 0, errorMessage: null, resourceType: 2, resourceName: 't', configs }],
  });
  const cases: [string, Message, number, Buffer][] = [
    [
      'count of 2^31 - 1',
      ProduceRequest,
      3,
      Buffer.from(`ffff${'0001'}${'00000001'}7fffffff${'00'.repeat(40)}`, 'hex'),
    ],
    ['count of as many elements as bytes', MetadataRequest, 9, withCount(SIZE)],
    [
      'elements that are there, but one less than said',
      DescribeConfigsResponse,
      4,
      honest.subarray(0, honest.length - 3),
    ],
    [
      'half a million topics of sixteen bytes, the last one lying',
      DescribeTopicPartitionsRequest,
      0,
      smallTopics(SIZE / 16),
    ],
    // Each of these would be an object thirty times its size.
    ['four million honest elements', MetadataRequest, 4, manyTopics(SIZE / 2)],
    ['eight million honest numbers of one byte', ListConfigResourcesRequest, 1, withCount(SIZE)],
    ['four million honest tags', MetadataRequest, 9, manyTags(SIZE / 2)],
    ['length beyond the frame', ProduceRequest, 9, Buffer.from('00ffff0000000102ffffffff0700', 'hex')],
    [
      'count of tags of 2^31 - 1',
      MetadataRequest,
      9,
      Buffer.from(`010100ffffffff07${'6400'.repeat(3)}`, 'hex'),
    ],
  ];

  /** Topics with a name of 14 zero bytes each, but the last name claims 18. */
  function smallTopics(count: number): Buffer {
    const topic = Buffer.alloc(16);
    topic[0] = 15;
    const topics = Buffer.alloc(16 * count, topic);
    topics[topics.length - 16] = 19;
    return Buffer.concat([withCount(count).subarray(0, 3), topics]);
  }

  /** `count` topics with an empty name, and all the message wants after them. */
  function manyTopics(count: number): Buffer {
    const frame = Buffer.alloc(4 + 2 * count + 1);
    frame.writeInt32BE(count, 0);
    return frame;
  }

  /** No topics, no flags, and `count` empty tagged fields. */
  function manyTags(count: number): Buffer {
    const head = withCount(count - 1).subarray(0, 4);
    return Buffer.concat([Buffer.from([1, 0, 0, 0]), head, Buffer.alloc(2 * count, Buffer.from([100, 0]))]);
  }

  /** An array that says it has `size` elements, and as many zero bytes. */
  function withCount(size: number): Buffer {
    const head = Buffer.alloc(5);
    let at = 0;
    for (let n = size + 1; ; n >>>= 7) {
      head[at++] = n > 127 ? (n & 127) | 128 : n;
      if (n <= 127) break;
    }
    return Buffer.concat([head.subarray(0, at), Buffer.alloc(size)]);
  }

  test.each(cases)('%s: an error within half a second and three times the frame', (_, of, version, frame) => {
    // Collections only hide allocations and other processes only add time: the largest and the smallest of five.
    let tookMs = Number.POSITIVE_INFINITY;
    let allocated = 0;
    for (let n = 0; n < 6; n += 1) {
      const before = process.memoryUsage();
      const startNs = process.hrtime.bigint();
      const message = errorOf(() => decode(of, version, frame));
      tookMs = Math.min(tookMs, Number(process.hrtime.bigint() - startNs) / 1e6);
      const after = process.memoryUsage();
      expect(message).toMatch(/ at byte \d+: /);
      if (n > 0)
        allocated = Math.max(allocated, after.heapUsed - before.heapUsed + after.external - before.external);
    }
    expect(tookMs).toBeLessThan(500);
    expect(allocated).toBeLessThan(3 * frame.length + 300_000);
  });
});

describe('garbage', () => {
  function randomOf(seed: number): () => number {
    let state = seed | 1;
    return () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    };
  }

  /** Both ways of going through bytes must agree; whatever decodes encodes again. */
  function probe(of: Message, version: number, buffer: Buffer): boolean {
    // Long enough to be checked first. Bytes behind the message do not matter, unless it was too short without them.
    const padded = Buffer.concat([buffer, Buffer.alloc(2000, 0xff)]);
    let end = -1;
    try {
      end = decodedEnd(of, version, buffer);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
    try {
      const value = decode(of, version, buffer);
      expect(end).toBeGreaterThanOrEqual(0);
      expect(decode(of, version, padded)).toEqual(value);
      expect(decode(of, version, bodyOf(of, version, value))).toEqual(value);
      return true;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      expect(end).toBe(-1);
      return false;
    }
  }

  test('random bytes end in a value or a DecodeError, the same by every path', () => {
    const random = randomOf(20);
    const verdicts = { parsed: 0, refused: 0 };
    for (const api of apis) {
      for (const of of [api.request, api.response]) {
        for (let version = of.versions[0]; version <= of.versions[1]; version += 1) {
          for (let n = 0; n < 3; n += 1) {
            const buffer = Buffer.alloc(random() % 200);
            // Small numbers reach deeper than uniform bytes.
            for (let i = 0; i < buffer.length; i += 1)
              buffer[i] = random() % 3 === 0 ? random() : random() % 4;
            verdicts[probe(of, version, buffer) ? 'parsed' : 'refused'] += 1;
          }
        }
      }
    }
    expect(verdicts.parsed).toBeGreaterThan(20);
    expect(verdicts.refused).toBeGreaterThan(500);
  });

  test('damaged real messages: the same', () => {
    const random = randomOf(7);
    for (const line of readLines('sample', 'wire.jsonl')) {
      const api = apis.find(({ key }) => key === line.key)!;
      const bytes = Buffer.from(line.hex, 'hex');
      for (let n = 0; n < 2; n += 1) {
        const damaged = Buffer.from(bytes);
        for (let k = random() % 3; k >= 0; k -= 1) damaged[random() % damaged.length] = random();
        probe(api[line.direction], line.version, damaged.subarray(0, damaged.length - (random() % 3)));
      }
    }
  });
});
