import { ErrorCode, errorCodes, errorName, errorOf } from '../../protocol';
import { hasOracle, readOracle } from './support/oracle';

const withOracle = hasOracle ? test : test.skip;

interface OracleError {
  readonly code: number;
  readonly name: string;
  readonly message: string;
  readonly retriable: boolean;
}

withOracle('every code, name and retriability is that of Apache; the sentences are ours', () => {
  const apache = JSON.parse(readOracle('errors.json')) as OracleError[];
  const table = (rows: readonly { code: number; name: string; retriable: boolean }[]) =>
    rows.map(({ code, name, retriable }) => `${code} ${name} ${retriable}`);
  expect(table(errorCodes)).toEqual(table(apache));
  for (const { code, message } of apache) expect(errorOf(code)?.description).not.toBe(message);
});

test('codes are consecutive, so that a code is found by position', () => {
  expect(errorCodes.map(({ code }) => code)).toEqual(Array.from({ length: 138 }, (_, n) => n - 1));
  for (const { code, name } of errorCodes) {
    expect(errorOf(code)?.name).toBe(name);
    expect(ErrorCode[name]).toBe(code);
  }
});

test('names for people', () => {
  expect([-1, 0, 6, 136, 137, -2, 1.5].map(errorName)).toEqual([
    'UNKNOWN_SERVER_ERROR',
    'NONE',
    'NOT_LEADER_OR_FOLLOWER',
    'CONTROLLER_ID_NOT_REGISTERED',
    'ERROR_137',
    'ERROR_-2',
    'ERROR_1.5',
  ]);
  expect(ErrorCode.NOT_LEADER_OR_FOLLOWER).toBe(6);
});
