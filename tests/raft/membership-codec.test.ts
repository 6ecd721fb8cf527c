import {
  bootstrapMembership,
  decodeMembership,
  decodeMembershipHistory,
  encodeMembership,
  encodeMembershipHistory,
  type Membership,
  MembershipFormatError,
  noteMembership,
} from '../../raft/index';

const one = { nodeId: 1, incarnation: 'a' };
const two = { nodeId: 258, incarnation: 'bc' };
const joint: Membership = { voters: [one, two], outgoing: [one], learners: [], learnersNext: [two] };

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Spaces show the fields. */
function unspaced(text: string): string {
  return text.replaceAll(' ', '');
}

// These bytes stand in logs: they may be read for ever, so they are written down here.
test('the bytes of a membership', () => {
  expect(hex(encodeMembership(bootstrapMembership([one])))).toBe(
    unspaced('01 0001 00000001 0161 0000 0000 0000'),
  );
  expect(hex(encodeMembership(joint))).toBe(
    unspaced('01 0002 00000001 0161 00000102 026263 0001 00000001 0161 0000 0001 00000102 026263'),
  );
});

test('what is written is read back', () => {
  expect(decodeMembership(encodeMembership(joint))).toEqual(joint);
  const history = [
    { index: 1, membership: bootstrapMembership([one]) },
    { index: 2 ** 40, membership: joint },
  ];
  expect(decodeMembershipHistory(encodeMembershipHistory(history))).toEqual(history);
  expect(decodeMembershipHistory(encodeMembershipHistory([]))).toEqual([]);
});

test('a newer version, a cut or a longer payload is refused', () => {
  const bytes = encodeMembership(joint);
  const newer = bytes.slice();
  newer[0] = 2;
  expect(() => decodeMembership(newer)).toThrow(MembershipFormatError);
  expect(() => decodeMembership(newer)).toThrow('membership version 2; this release knows 1');
  for (let size = 0; size < bytes.length; size++) {
    expect(() => decodeMembership(bytes.subarray(0, size))).toThrow(MembershipFormatError);
  }
  expect(() => decodeMembership(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(
    'bytes after the membership',
  );
  expect(() => decodeMembership(Buffer.from('010000000000000000', 'hex'))).toThrow(
    'membership without a voter',
  );
});

test('replay adds memberships above what the saved state knew, and nothing else', () => {
  const history = [{ index: 4, membership: bootstrapMembership([one]) }];
  const entry = (index: number, kind: number) => ({ index, term: 1, kind, bytes: encodeMembership(joint) });
  noteMembership(history, entry(4, 2));
  noteMembership(history, entry(5, 0));
  noteMembership(history, entry(6, 2));
  expect(history.map(({ index }) => index)).toEqual([4, 6]);
});
