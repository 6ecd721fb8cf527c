import {
  ControlRecordType,
  DecodeError,
  decodeControlKey,
  decodeEndTxnMarker,
  encodeControlKey,
  encodeEndTxnMarker,
} from '../../../protocol';

test('keys are version and type, values version and epoch', () => {
  expect(encodeControlKey(ControlRecordType.commit).toString('hex')).toBe('00000001');
  expect(encodeControlKey(ControlRecordType.abort).toString('hex')).toBe('00000000');
  expect(encodeEndTxnMarker({ coordinatorEpoch: 258 }).toString('hex')).toBe('000000000102');
  expect(decodeControlKey(Buffer.from('00000001', 'hex'))).toBe(ControlRecordType.commit);
  expect(decodeEndTxnMarker(Buffer.from('000000000102', 'hex'))).toEqual({ coordinatorEpoch: 258 });
});

test('unknown types and newer versions are read, since other brokers may have written them', () => {
  expect(decodeControlKey(Buffer.from('00000007', 'hex'))).toBe(7);
  expect(decodeEndTxnMarker(Buffer.from('0001000000050000', 'hex'))).toEqual({ coordinatorEpoch: 5 });
});

test.each(['', '00', '0000', 'ffff0001'])('key %p is refused', (hex) => {
  expect(() => decodeControlKey(Buffer.from(hex, 'hex'))).toThrow(DecodeError);
});
