import { ReadConfirmations } from '../../../src/partition/read-confirmations';

// A read that came after a round began must not be answered by that round: it may have to see more.
test('reads that come during a round wait for the next one', () => {
  const confirmations = new ReadConfirmations();
  const answers: string[] = [];
  let rounds = 0;
  const node = { readIndex: () => ++rounds > 0 };

  confirmations.add((isConfirmed) => answers.push(`first ${isConfirmed}`));
  confirmations.ask(node);
  confirmations.add((isConfirmed) => answers.push(`second ${isConfirmed}`));
  confirmations.ask(node);
  expect(rounds).toBe(1);

  confirmations.onReadState(7);
  expect(confirmations.settle(6)).toBe(false);
  expect(answers).toEqual([]);
  expect(confirmations.settle(7)).toBe(true);
  expect(answers).toEqual(['first true']);

  confirmations.ask(node);
  confirmations.onReadState(-1);
  confirmations.settle(7);
  expect(answers).toEqual(['first true', 'second false']);
});

test('a node that does not lead confirms nothing', () => {
  const confirmations = new ReadConfirmations();
  const answers: boolean[] = [];
  confirmations.add((isConfirmed) => answers.push(isConfirmed));
  confirmations.ask({ readIndex: () => false });
  confirmations.settle(0);
  confirmations.add((isConfirmed) => answers.push(isConfirmed));
  confirmations.failAll();
  expect(answers).toEqual([false, false]);
});
