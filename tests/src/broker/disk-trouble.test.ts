import { DiskTrouble, failureNotice } from '../../../src/broker/disk-trouble';
import { DiskError } from '../../../storage';

const error = (code: 'ENOSPC' | 'EIO') => new DiskError(code, 'write', 'journal');

test('a full disk is a state, a broken one ends what waits for it', async () => {
  const trouble = new DiskTrouble();
  expect(trouble.words).toBeNull();
  const next = trouble.next();
  trouble.failed(error('ENOSPC'));
  await expect(next).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(trouble.words).toMatch(/takes no appends/);
  trouble.healed();
  expect(trouble.words).toBeNull();
  trouble.failed(error('EIO'));
  await expect(trouble.lost).rejects.toMatchObject({ code: 'EIO' });
  await expect(trouble.next()).rejects.toMatchObject({ code: 'EIO' });
});

test('the operator is told what is lost and what can be done', () => {
  expect(failureNotice(null, error('EIO'))).toMatch(/^The disk failed: .*Mend the disk and restart\.$/);
});
