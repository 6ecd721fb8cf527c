import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  DecodeError,
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '../../../protocol';
import { checkBody } from '../support/check-body';
import { hasOracle, type Line, readLines } from '../support/oracle';

function checkLine(line: Line): void {
  const bytes = Buffer.from(line.hex, 'hex');
  expect(bytes.readInt16BE(0)).toBe(line.version);
  const isSubscription = line.message === 'ConsumerProtocolSubscription';
  checkBody(isSubscription ? ConsumerProtocolSubscription : ConsumerProtocolAssignment, {
    ...line,
    hex: line.hex.slice(4),
  });
  const again = isSubscription
    ? encodeConsumerProtocolSubscription(decodeConsumerProtocolSubscription(bytes), line.version)
    : encodeConsumerProtocolAssignment(decodeConsumerProtocolAssignment(bytes), line.version);
  expect(again.toString('hex')).toBe(line.hex);
}

test('sample of the oracle', () => {
  const lines = readLines('sample', 'consumer-protocol.jsonl');
  expect(new Set(lines.map(({ message, version }) => `${message} ${version}`)).size).toBe(8);
  for (const line of lines) checkLine(line);
});

(hasOracle ? test : test.skip)('oracle', () => {
  for (const line of readLines('oracle', 'consumer-protocol.jsonl')) checkLine(line);
});

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('a version of the future is read as the newest, its further fields are not', () => {
  expect(
    decodeConsumerProtocolSubscription(hex('0009 00000001 0001 74 ffffffff 00000000 00000007 ffff beef')),
  ).toEqual({ topics: ['t'], userData: null, ownedPartitions: [], generationId: 7, rackId: null });
  expect(decodeConsumerProtocolAssignment(hex('0009 00000000 ffffffff beef'))).toEqual({
    assignedPartitions: [],
    userData: null,
  });
});

test('a client that says version 1 and stops after those of version 0 is understood as version 0', () => {
  const bytes = hex('0001 00000001 0001 74 ffffffff');
  expect(() => decodeConsumerProtocolSubscription(bytes)).toThrow(DecodeError);
  expect(decodeConsumerProtocolSubscription(bytes, 0).topics).toEqual(['t']);
});

test.each(['', '00', 'ffff 00000000 ffffffff', '0000 00000001'])('no subscription: %j', (text) => {
  expect(() => decodeConsumerProtocolSubscription(hex(text))).toThrow(DecodeError);
  expect(() => decodeConsumerProtocolAssignment(hex(text))).toThrow(DecodeError);
});
