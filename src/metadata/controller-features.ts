/** Controller operation on finalized feature levels (KIP-584, KIP-778). */
import { ErrorCode } from '../../protocol';
import type { ControllerOutcome, ControllerState } from './controller-state';
import { servedFeatures } from './features';
import type { MetadataRecord } from './records';
import { type Refused, refused } from './refused';
import type { FeatureUpdate, Verdict } from './types';

export interface UpdateFeatures {
  readonly updates: readonly FeatureUpdate[];
  readonly validateOnly: boolean;
}

/** All updates or none: the first that cannot be is the answer to all. */
export function updateFeatures(
  { image }: Pick<ControllerState, 'image'>,
  { updates, validateOnly }: UpdateFeatures,
): ControllerOutcome<Verdict> {
  const records: MetadataRecord[] = [];
  for (const update of updates) {
    const { name, level } = update;
    const present = image.features.get(name) ?? 0;
    const wrong = checkUpdate(update, present);
    if (wrong !== null) return { records: [], response: wrong };
    if (level !== present) records.push({ kind: 'feature-level', name, level });
  }
  return {
    records: validateOnly ? [] : records,
    response: { errorCode: ErrorCode.NONE, errorMessage: null },
  };
}

function checkUpdate({ name, level, upgradeType }: FeatureUpdate, present: number): Refused | null {
  const wrong = (reason: string): Refused =>
    refused(
      ErrorCode.INVALID_UPDATE_VERSION,
      `No feature is updated: level ${level} of ${name} cannot be set. ${reason}`,
    );
  if (upgradeType === null) return wrong('The kind of upgrade is unknown.');
  const served = servedFeatures.find((feature) => feature.name === name);
  if (served === undefined) return wrong('This broker does not have the feature.');
  if (level < 0) return wrong('Levels begin at 0.');
  if (level < served.minLevel || level > served.maxLevel) {
    return wrong(`This broker serves levels ${served.minLevel} to ${served.maxLevel}.`);
  }
  if (level > present && upgradeType !== 'upgrade') return wrong('This would be no downgrade.');
  if (level >= present) return null;
  if (upgradeType === 'upgrade') return wrong('It is a downgrade, which has to be asked for as such.');
  // Whatever the metadata log holds by then may need the higher level, and is never rewritten.
  return served.isLowerable ? null : wrong(`The metadata log is written for level ${present}.`);
}
