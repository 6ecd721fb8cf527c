/** State of the metadata log as tests want it, made by the production path: records, replayed. */
import { MetadataMachine } from '../../../src/metadata/machine';
import { encodeMetadataRecord, type MetadataRecord } from '../../../src/metadata/records';

interface MachineState {
  readonly brokers?: readonly number[];
  /** Name -> partition count; one replica each, on the first broker. */
  readonly topics?: Readonly<Record<string, number>>;
}

export const brokerRecord = (id: number, rack: string | null = null): MetadataRecord => ({
  kind: 'register-broker',
  broker: {
    id,
    incarnation: `00000000-0000-4000-8000-${id.toString(16).padStart(12, '0')}`,
    epoch: id,
    endpoints: [],
    rack,
    isFenced: false,
  },
});

export function topicRecords(
  name: string,
  topicId: string,
  partitionCount: number,
  replicas: readonly number[],
) {
  const records: MetadataRecord[] = [{ kind: 'topic', name, topicId }];
  for (let index = 0; index < partitionCount; index++) {
    records.push({ kind: 'partition', topicId, index, replicas });
  }
  return records;
}

export const topicIdOf = (number: number): string =>
  `aaaaaaaa-0000-4000-8000-${number.toString().padStart(12, '0')}`;

export function metadataMachine({ brokers = [], topics = {} }: MachineState): MetadataMachine {
  const machine = new MetadataMachine('cluster', () => {});
  applyRecords(
    machine,
    brokers.map((id) => brokerRecord(id)),
  );
  for (const [number, [name, count]] of Object.entries(topics).entries()) {
    applyRecords(machine, topicRecords(name, topicIdOf(number), count, [brokers[0] ?? 1]));
  }
  return machine;
}

/** One batch, committed. */
export function applyRecords(machine: MetadataMachine, records: readonly MetadataRecord[]): void {
  if (records.length === 0) return;
  let offset = machine.image.endOffset;
  for (const record of records) machine.replay({ key: null, value: encodeMetadataRecord(record) }, offset++);
  machine.endBatch(offset);
  machine.committed(offset);
}
