import { ErrorCode } from '../../../protocol';
import type { ProducerIdBlock } from '../../../src/metadata/controller-producer-ids';
import { ProducerIdStock } from '../../../src/metadata/producer-ids';
import type { OperationResult } from '../../../src/replicated/machine';

type Answer = (result: OperationResult<ProducerIdBlock>) => void;

function stock() {
  const requests: Answer[] = [];
  const ids: number[] = [];
  const codes: number[] = [];
  const producerIds = new ProducerIdStock((done) => requests.push(done));
  let granted = 0;
  return {
    ids,
    codes,
    requests,
    take: (count = 1) => {
      for (let at = 0; at < count; at++) {
        producerIds.take(({ errorCode, producerId }) => {
          if (errorCode === ErrorCode.NONE) ids.push(producerId);
          else codes.push(errorCode);
        });
      }
    },
    grant: (size = 1000) => {
      requests.shift()!({ refused: null, response: { firstProducerId: granted, size } });
      granted += size;
    },
  };
}

test('the first ids wait for a block; everybody who waits is served in order by one', () => {
  const { take, grant, ids, requests } = stock();
  take(3);
  expect(requests.length).toBe(1);
  expect(ids).toEqual([]);
  grant();
  expect(ids).toEqual([0, 1, 2]);
  expect(requests.length).toBe(0);
});

test('the next block is asked for while ids are left, and follows without a gap', () => {
  const { take, grant, ids, requests } = stock();
  take();
  grant();
  take(898);
  expect(requests.length).toBe(0);
  take();
  expect(requests.length).toBe(1);
  grant();
  take(1200);
  expect(ids).toEqual(Array.from({ length: 2100 }, (_, at) => at).slice(0, ids.length));
  expect(ids.length).toBe(2000);
  grant();
  expect(ids.length).toBe(2100);
  expect(new Set(ids).size).toBe(2100);
});

test('a refusal is told to those who wait, and the next one asks again', () => {
  const { take, grant, ids, codes, requests } = stock();
  take(2);
  requests.shift()!({ refused: { errorCode: ErrorCode.NOT_CONTROLLER, message: '' }, response: null });
  expect(codes).toEqual([ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS]);
  take();
  grant();
  expect(ids).toEqual([0]);
});
