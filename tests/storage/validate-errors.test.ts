import { ErrorCode } from '../../protocol';
import { AppendErrorCode } from '../../storage/validate-errors';

// Storage knows these numbers by itself, because it may not import the protocol.
test('the codes are those of the protocol', () => {
  const known: Readonly<Record<string, number>> = ErrorCode;
  for (const [name, code] of Object.entries(AppendErrorCode))
    expect([name, known[name]]).toEqual([name, code]);
});
