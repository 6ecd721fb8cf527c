import { errorName } from '../../../protocol';
import { updateFeatures } from '../../../src/metadata/controller-features';
import type { FeatureUpdate } from '../../../src/metadata/types';
import { applyRecords, metadataMachine } from './support';

function update(updates: readonly FeatureUpdate[], present = 30, validateOnly = false) {
  const machine = metadataMachine({ brokers: [1] });
  applyRecords(machine, [{ kind: 'feature-level', name: 'metadata.version', level: present }]);
  const { records, response } = updateFeatures(machine, { updates, validateOnly });
  const levels = records.map((record) =>
    record.kind === 'feature-level' ? `${record.name}=${record.level}` : '?',
  );
  return [errorName(response.errorCode), ...levels];
}

const to = (
  level: number,
  upgradeType: FeatureUpdate['upgradeType'] = 'upgrade',
  name = 'metadata.version',
) => ({
  name,
  level,
  upgradeType,
});

test('a level that is there already is no change, and a higher one is written', () => {
  expect(update([])).toEqual(['NONE']);
  expect(update([to(30)])).toEqual(['NONE']);
  expect(update([to(30, 'unsafe-downgrade')])).toEqual(['NONE']);
  expect(update([to(30)], 25)).toEqual(['NONE', 'metadata.version=30']);
  expect(update([to(30)], 25, true)).toEqual(['NONE']);
});

test('levels out of range, downgrades and features that are not served are refused', () => {
  for (const wrong of [
    to(31),
    to(6),
    to(0),
    to(-1),
    to(29),
    to(29, 'safe-downgrade'),
    to(29, 'unsafe-downgrade'),
    to(30, null),
    to(1, 'upgrade', 'group.version'),
  ]) {
    expect([wrong, ...update([wrong])]).toEqual([wrong, 'INVALID_UPDATE_VERSION']);
  }
  expect(update([to(28, 'safe-downgrade')], 25)).toEqual(['INVALID_UPDATE_VERSION']);
});

test('one update that cannot be undoes the others', () => {
  expect(update([to(30), to(1, 'upgrade', 'nope')], 25)).toEqual(['INVALID_UPDATE_VERSION']);
});
