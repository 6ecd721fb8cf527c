/**
 * Request frames whose fate Apache has decided: the oracle's refusals, and mutated frames that were given to
 * `Verdicts.java`. More of them are made so:
 *
 *     npm run fuzz -- --count 500000 --seed 5 --write frames.txt
 *     java -cp kafka-clients.jar:slf4j-api.jar tests/fuzz/Verdicts.java frames.txt > verdicts.txt
 *     npm run fuzz -- --count 0 --verdicts verdicts.txt
 */
import { readFileSync } from 'node:fs';
import { apiByKey, peekApi } from '../../protocol';
import { hasOracle, readLines } from '../protocol/support/oracle';

export interface Judged {
  readonly name: string;
  readonly bytes: Buffer;
  readonly isTaken: boolean;
}

const SAMPLE = 'tests/fuzz/testdata/verdicts.txt';

const hasSchema = (bytes: Buffer): boolean => apiByKey(peekApi(bytes).apiKey) !== undefined;

export function judgedFrames(file: string = SAMPLE): Judged[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return [
    ...readLines(hasOracle ? 'oracle' : 'sample', 'refusals.jsonl').map((line) => ({
      name: `${line.api} v${line.version} ${line.case}`,
      bytes: Buffer.from(line.hex, 'hex'),
      isTaken: line.parsed,
    })),
    ...lines.map((line, i) => ({
      name: `${file}:${i + 1}`,
      bytes: Buffer.from(line.slice(2), 'hex'),
      isTaken: line.startsWith('T'),
    })),
  ].filter(({ bytes }) => hasSchema(bytes));
}

/** Requests about ACLs. Apache looks for kinds that it does not know while it parses; here the handlers do that. */
const ACL_KEYS: readonly number[] = [29, 30, 31];
const API_VERSIONS_KEY = 18;

/**
 * Where this broker differs on purpose. Beside ACLs: ApiVersions of an unknown version is answered whatever follows the
 * correlation id, and there is a bound on the tags of a header.
 *
 * @param refusal  null: taken here.
 */
export function isKnownDifference({ bytes, isTaken }: Judged, refusal: string | null): boolean {
  if (isTaken) return refusal?.includes('more than 100 tags') === true;
  const { apiKey, apiVersion } = peekApi(bytes);
  if (ACL_KEYS.includes(apiKey)) return true;
  const [first, last] = apiByKey(apiKey)!.request.versions;
  return apiKey === API_VERSIONS_KEY && (apiVersion < first || apiVersion > last);
}
