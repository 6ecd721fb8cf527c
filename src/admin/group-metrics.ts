/** Consumer groups under kafka_exporter's names. Each broker tells of the groups that it coordinates. */
import type { GroupView } from '../coordinator/group/types';
import type { BrokerServices } from '../handlers/handler';
import type { Family, Sample } from './exposition';

interface Place {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** -1: the end of the partition is not known here. */
  readonly lag: number;
}

export function* groupFamilies(services: BrokerServices): Generator<Family> {
  yield {
    name: 'kafka_consumergroup_members',
    help: 'Members of the group',
    type: 'gauge',
    samples: each(services, function* ({ groupId, memberCount }) {
      yield { labels: { consumergroup: groupId }, value: memberCount };
    }),
  };
  const byPlace = (value: (place: Place) => number): Iterable<Sample> =>
    each(services, function* (group) {
      for (const place of placesOf(services, group)) {
        const { topic, partition } = place;
        yield { labels: { consumergroup: group.groupId, topic, partition }, value: value(place) };
      }
    });
  const byTopic = (value: (place: Place) => number): Iterable<Sample> =>
    each(services, function* (group) {
      const sums = new Map<string, number>();
      for (const place of placesOf(services, group))
        sums.set(place.topic, (sums.get(place.topic) ?? 0) + value(place));
      for (const [topic, sum] of sums) yield { labels: { consumergroup: group.groupId, topic }, value: sum };
    });
  const offset = (place: Place): number => place.offset;
  const lag = (place: Place): number => place.lag;
  const knownLag = (place: Place): number => Math.max(0, place.lag);
  yield gauge('kafka_consumergroup_current_offset', 'Committed offset', byPlace(offset));
  yield gauge('kafka_consumergroup_current_offset_sum', 'Committed offsets of a topic', byTopic(offset));
  yield gauge('kafka_consumergroup_lag', 'Records between the committed offset and the end', byPlace(lag));
  yield gauge('kafka_consumergroup_lag_sum', 'Lag of a topic', byTopic(knownLag));
}

const gauge = (name: string, help: string, samples: Iterable<Sample>): Family => ({
  name,
  help,
  type: 'gauge',
  samples,
});

function* each(
  { groups }: BrokerServices,
  samples: (group: GroupView) => Iterable<Sample>,
): Generator<Sample> {
  for (const group of groups.views()) yield* samples(group);
}

function* placesOf({ metadata, partitions }: BrokerServices, group: GroupView): Generator<Place> {
  for (const [topic, offsets] of group.offsets) {
    const id = metadata.image.topicsByName.get(topic)?.id;
    for (const [partition, { offset }] of offsets) {
      const end = id === undefined ? undefined : partitions.get(id, partition)?.highWatermark;
      const lag = end === undefined ? -1 : Math.max(0, end - offset);
      yield { group: group.groupId, topic, partition, offset, lag };
    }
  }
}
