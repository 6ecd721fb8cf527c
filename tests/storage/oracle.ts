/** Facts that Apache Kafka's own classes wrote. The whole collection lies beside a checkout, a sample in testdata. */
import fs from 'node:fs';
import path from 'node:path';

const whole = path.join(__dirname, '../../../shared/oracle/data');
const sample = path.join(__dirname, 'testdata');

export const hasOracle = fs.existsSync(whole);

function lines<T>(file: string): T[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

export const oracleLines = <T>(name: string): T[] => (hasOracle ? lines<T>(path.join(whole, name)) : []);
export const sampleLines = <T>(name: string): T[] => lines<T>(path.join(sample, name));

/** `describe` where the whole collection is there, a visible skip where it is not. */
export const describeOracle = hasOracle ? describe : describe.skip;
