import { Ledger } from './soak-ledger';

/** One partition, three records acknowledged. */
function ledgerOfThree(): { ledger: Ledger; values: readonly Buffer[] } {
  const ledger = new Ledger(1);
  const values = ledger.values(0, 3, 100);
  ledger.acknowledge(0, 0, 3);
  return { ledger, values };
}

test('what is as it was written breaks nothing', () => {
  const { ledger, values } = ledgerOfThree();
  for (const [offset, value] of values.entries()) ledger.check(0, offset, value);
  expect(ledger.isRead).toBe(false);
  ledger.advance(0, 3);
  ledger.commit(0, 2);
  ledger.checkCommitted(0, 2, 2);
  ledger.checkCommitted(0, 3, 2);
  expect([ledger.isRead, ledger.total, ledger.violations]).toEqual([true, 3, []]);
});

test.each([
  ['a lost record', 0, 1],
  ['a record written twice', 1, 0],
  ['a record of another partition', 0, 0],
])('%s is noticed', (what, offset, number) => {
  const { ledger, values } = ledgerOfThree();
  const value = Buffer.from(values[number]!);
  if (what === 'a record of another partition') value.writeInt32BE(1, 8);
  ledger.check(0, offset, value);
  expect(ledger.violations).toEqual([`partition 0, offset ${offset}: record ${number} stands there`]);
});

test('foreign bytes, a wrong base offset and wrong commits are noticed', () => {
  const { ledger } = ledgerOfThree();
  ledger.check(0, 0, null);
  ledger.acknowledge(0, 4, 1);
  ledger.checkCommitted(0, 1, 2);
  expect(ledger.violations).toEqual([
    'partition 0, offset 0: record NaN stands there',
    'partition 0: record 3 acknowledged at 4',
    'partition 0: committed 2, 1 is what is stored',
    'partition 0: 1 is stored, only 0 were read',
  ]);
});
