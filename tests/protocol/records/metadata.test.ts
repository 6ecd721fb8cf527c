import { DecodeError, decodeMetadataRecord, encodeMetadataRecord, zeroUuid } from '../../../protocol';

const TOPIC_ID = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6';

// Frame version 1, type 2, version 0, then the body: as Kafka's MetadataRecordSerde writes it.
test('a record stands in a frame of three uvarints', () => {
  const bytes = encodeMetadataRecord('TopicRecord', { name: 'orders', topicId: TOPIC_ID });
  expect(bytes.toString('hex')).toBe(
    `01 02 00 07 6f7264657273 ${TOPIC_ID.replaceAll('-', '')} 00`.replaceAll(' ', ''),
  );
  expect(decodeMetadataRecord(bytes)).toEqual({
    name: 'TopicRecord',
    version: 0,
    value: { name: 'orders', topicId: TOPIC_ID },
  });
});

test('the newest version is written unless another is asked for', () => {
  const value = {
    partitionId: 3,
    topicId: TOPIC_ID,
    replicas: [1, 2],
    isr: [1],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    leaderEpoch: 4,
    partitionEpoch: 9,
  };
  const newest = decodeMetadataRecord(
    encodeMetadataRecord('PartitionRecord', { ...value, directories: [zeroUuid] }),
  );
  expect([newest.name, newest.version]).toEqual(['PartitionRecord', 2]);
  expect(newest.value).toMatchObject({ ...value, directories: [zeroUuid], eligibleLeaderReplicas: null });
  const oldest = decodeMetadataRecord(
    encodeMetadataRecord('PartitionRecord', { ...value, directories: [zeroUuid] }, 0),
  );
  expect(oldest.version).toBe(0);
  expect(oldest.value).toMatchObject({ ...value, directories: [] });
});

test('the name tells the type of the value', () => {
  const record = decodeMetadataRecord(
    encodeMetadataRecord('ProducerIdsRecord', { brokerId: 1, nextProducerId: 1000 }),
  );
  expect(record.name === 'ProducerIdsRecord' ? record.value.nextProducerId : 'another record').toBe(1000);
  expect(decodeMetadataRecord(encodeMetadataRecord('NoOpRecord', {}))).toEqual({
    name: 'NoOpRecord',
    version: 0,
    value: {},
  });
});

test('what a newer broker wrote is refused, not guessed', () => {
  const errorOf = (hex: string): string => {
    try {
      decodeMetadataRecord(Buffer.from(hex, 'hex'));
    } catch (error) {
      if (error instanceof DecodeError) return error.message;
      throw error;
    }
    return 'no error';
  };
  expect([
    errorOf(''),
    errorOf('02020000'),
    errorOf('01630000'),
    errorOf('01020100'),
    errorOf('0102000aff'),
  ]).toEqual([
    'MetadataRecord frameVersion at byte 0: a varint that does not end',
    'MetadataRecord frameVersion at byte 0: frame version 2 is unknown',
    'MetadataRecord type at byte 1: record type 99 is unknown',
    'MetadataRecord version at byte 2: version 1 of TopicRecord is unknown',
    'TopicRecord v0 name at byte 3: length 9, 1 bytes left',
  ]);
});
