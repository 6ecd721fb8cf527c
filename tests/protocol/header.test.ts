import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  DecodeError,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequest,
  encodeResponse,
  MetadataRequest,
  MetadataResponse,
  peekApi,
} from '../../protocol';

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return 'no error';
}

test('headers that are no headers', () => {
  const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const lines = [
    errorOf(() => peekApi(hex('000300'))),
    errorOf(() => decodeRequestHeader(hex('0003 0001 0000'), 1)),
    errorOf(() => decodeRequestHeader(hex('0003 0001 00000001 0005 61'), 1)),
    errorOf(() => decodeRequestHeader(hex('0003 0009 00000001 0001 61'), 2)),
    errorOf(() => decodeRequestHeader(hex('0003 0009 00000001 ffff ffffffffff'), 2)),
    errorOf(() => decodeRequestHeader(hex('0003 0009 00000001 ffff 01 05 7f'), 2)),
    errorOf(() => decodeRequestHeader(hex(`0003 0009 00000001 ffff f807 ${'0500'.repeat(1016)}`), 2)),
    errorOf(() => decodeRequestHeader(hex('0003 0009 00000001 ffff ffffffff0f'), 2)),
    errorOf(() => decodeResponseHeader(hex('000000'), 0)),
    errorOf(() => decodeResponseHeader(hex('00000000'), 1)),
  ];
  expect(lines.join('\n')).toBe(
    [
      'RequestHeader requestApiKey at byte 0: 3 bytes left',
      'RequestHeader v1 at byte 6: the frame has only 6 bytes',
      'RequestHeader v1 clientId at byte 8: length 5, 1 bytes left',
      'RequestHeader v2 taggedFields at byte 11: a varint that does not end',
      'RequestHeader v2 taggedFields at byte 10: a varint that does not end',
      'RequestHeader v2 taggedFields at byte 13: tag 5 has size 127, 0 bytes left',
      'RequestHeader v2 taggedFields at byte 214: more than 100 tags',
      'RequestHeader v2 taggedFields at byte 10: count -1',
      'ResponseHeader v0 correlationId at byte 0: 3 bytes left',
      'ResponseHeader v1 taggedFields at byte 4: a varint that does not end',
    ].join('\n'),
  );
});

test('a client id may be null and keeps its int16 length in version 2', () => {
  const request = (version: number, clientId: string | null) =>
    encodeRequest(MetadataRequest, version, { correlationId: 1, clientId }, { topics: [] })[0]!.subarray(4);
  for (const [version, clientId] of [
    [1, null],
    [1, ''],
    [12, null],
    [12, 'größe'],
  ] as const) {
    const frame = request(version, clientId);
    expect(decodeRequestHeader(frame, version < 9 ? 1 : 2)).toMatchObject({
      apiKey: 3,
      apiVersion: version,
      clientId,
    });
  }
  expect(request(12, 'ab').subarray(8, 12).toString('hex')).toBe('00026162');
});

test('ApiVersions is answered with header 0 in every version, others with header 1 from the flexible one on', () => {
  const apiVersions = encodeResponse(ApiVersionsResponse, 3, 7, { errorCode: 0, apiKeys: [] });
  expect(apiVersions[0]!.toString('hex')).toBe(`0000000c 00000007 0000 01 00000000 00`.replaceAll(' ', ''));
  const metadata = encodeResponse(MetadataResponse, 9, 7, { brokers: [], topics: [] });
  expect(metadata[0]!.subarray(4, 9).toString('hex')).toBe('0000000700');
  expect(ApiVersionsRequest.flexibleFrom).toBe(3);
});
