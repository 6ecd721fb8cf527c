/**
 * What is known of brokers, topics and partitions, under two sets of names: those of kafka_exporter, and those that the
 * JMX exporter makes of Kafka's MBeans with the usual rules (lower case, `_total` for counters).
 */
import type { BrokerServices } from '../handlers/handler';
import type { LeadershipImage, TopicImage } from '../metadata/types';
import type { Partition } from '../partition/types';
import type { PartitionTraffic } from '../telemetry-counters';
import { type Family, type Labels, type Sample, single } from './exposition';

/** One partition of the cluster, looked at now. `here` is null where this broker has no replica. */
interface Row {
  readonly labels: Labels;
  readonly replicas: readonly number[];
  readonly leadership: LeadershipImage;
  readonly here: Partition | null;
}

type Name = readonly [name: string, help: string];

/** Families of the cluster and its topics, kafka_exporter's first. */
export function* topicFamilies(services: BrokerServices): Generator<Family> {
  const { metadata } = services;
  const { image } = metadata;
  const topics = [...image.topicsByName.values()];
  const sums = replicaGauges.map(() => 0);
  yield* clusterFamilies(services);
  yield {
    name: 'kafka_topic_partitions',
    help: 'Number of partitions for this topic',
    type: 'gauge',
    samples: each(topics, ({ name, partitions }) => ({ labels: { topic: name }, value: partitions.length })),
  };
  yield* partitionFamilies(services, topics, sums);
  yield* trafficFamilies(services, topics);
  for (const [at, [name, help]] of replicaGauges.entries()) yield single(name, 'gauge', help, sums[at]!);
  const name = 'kafka_controller_kafkacontroller_globaltopiccount';
  yield single(name, 'gauge', 'Topics of the cluster', topics.length);
}

function* clusterFamilies({ metadata, nodeId }: BrokerServices): Generator<Family> {
  const brokers = [...metadata.image.brokers.values()];
  const alive = brokers.filter(({ isFenced }) => !isFenced);
  yield single('kafka_brokers', 'gauge', 'Number of brokers in the cluster', alive.length);
  yield {
    name: 'kafka_broker_info',
    help: 'Information about a broker',
    type: 'gauge',
    samples: brokers.map(({ id, endpoints }) => {
      const [first] = endpoints;
      return {
        labels: { id, address: first === undefined ? '' : `${first.host}:${first.port}` },
        value: 1,
      };
    }),
  };
  const isController = metadata.controllerId === nodeId;
  const controller = 'kafka_controller_kafkacontroller_';
  yield single(
    `${controller}activecontrollercount`,
    'gauge',
    '1 where the controller is',
    isController ? 1 : 0,
  );
  yield single(`${controller}activebrokercount`, 'gauge', 'Brokers that are not fenced', alive.length);
  const fenced = brokers.length - alive.length;
  yield single(`${controller}fencedbrokercount`, 'gauge', 'Brokers that are fenced', fenced);
}

function* rowsOf({ metadata, partitions }: BrokerServices, topics: readonly TopicImage[]): Generator<Row> {
  for (const topic of topics) {
    for (const { index, replicas } of topic.partitions) {
      yield {
        labels: { topic: topic.name, partition: index },
        replicas,
        leadership: metadata.leadership(topic.id, index),
        here: partitions.get(topic.id, index) ?? null,
      };
    }
  }
}

const exporterGauges: readonly (readonly [...Name, value: (row: Row) => number | null])[] = [
  [
    'kafka_topic_partition_leader',
    'Node id of the leader, -1 while there is none',
    ({ leadership }) => leadership.leaderId,
  ],
  [
    'kafka_topic_partition_current_offset',
    'Next offset that a consumer will find, the high watermark; of partitions on this broker',
    ({ here }) => here?.highWatermark ?? null,
  ],
  [
    'kafka_topic_partition_oldest_offset',
    'Oldest offset; of partitions on this broker',
    ({ here }) => here?.startOffset ?? null,
  ],
  [
    'kafka_topic_partition_leader_is_preferred',
    '1 if the leader is the first of the replicas',
    ({ leadership, replicas }) => (leadership.leaderId === replicas[0] ? 1 : 0),
  ],
  ['kafka_topic_partition_replicas', 'Number of replicas', ({ replicas }) => replicas.length],
  [
    'kafka_topic_partition_in_sync_replica',
    'Number of replicas that are in sync',
    ({ leadership }) => leadership.inSyncReplicas.length,
  ],
  [
    'kafka_topic_partition_under_replicated_partition',
    '1 if a replica is not in sync',
    ({ leadership, replicas }) => (leadership.inSyncReplicas.length < replicas.length ? 1 : 0),
  ],
  ['kafka_log_log_size', 'Bytes of the log on this broker', ({ here }) => here?.sizeBytes ?? null],
  ['kafka_log_log_logstartoffset', 'First offset of the log', ({ here }) => here?.startOffset ?? null],
  ['kafka_log_log_logendoffset', 'Next offset of the log', ({ here }) => here?.endOffset ?? null],
];

/** The first walk over all partitions adds up the sums as well, because samples are where long work is cut. */
function* partitionFamilies(
  services: BrokerServices,
  topics: readonly TopicImage[],
  sums: number[],
): Generator<Family> {
  for (const [at, [name, help, value]] of exporterGauges.entries()) {
    const samples = function* (): Generator<Sample> {
      for (const row of rowsOf(services, topics)) {
        if (at === 0) addTo(sums, row);
        const number = value(row);
        if (number !== null) yield { labels: row.labels, value: number };
      }
    };
    yield { name, help, type: 'gauge', samples: samples() };
  }
}

const trafficCounters: readonly (readonly [...Name, field: keyof PartitionTraffic])[] = [
  ['messagesin', 'Records appended', 'messagesIn'],
  ['bytesin', 'Bytes of batches appended', 'bytesIn'],
  ['bytesout', 'Bytes of batches fetched', 'bytesOut'],
  ['totalproducerequests', 'Appends asked for, one for each partition of a request', 'produceRequests'],
  ['failedproducerequests', 'Appends refused', 'failedProduceRequests'],
  ['totalfetchrequests', 'Reads asked for, one for each partition of a request', 'fetchRequests'],
  ['failedfetchrequests', 'Reads refused', 'failedFetchRequests'],
];

function* trafficFamilies(services: BrokerServices, topics: readonly TopicImage[]): Generator<Family> {
  for (const [name, help, field] of trafficCounters) {
    yield {
      name: `kafka_server_brokertopicmetrics_${name}_total`,
      help,
      type: 'counter',
      samples: each(topics, (topic) => {
        let value = 0;
        for (const { index } of topic.partitions) {
          value += services.partitions.get(topic.id, index)?.traffic[field] ?? 0;
        }
        return { labels: { topic: topic.name }, value };
      }),
    };
  }
}

const replicaGauges: readonly (readonly [...Name, counts: (row: Row) => boolean])[] = [
  ['kafka_server_replicamanager_partitioncount', 'Replicas on this broker', ({ here }) => here !== null],
  [
    'kafka_server_replicamanager_leadercount',
    'Leaders on this broker',
    ({ here }) => here?.isLeader === true,
  ],
  [
    'kafka_server_replicamanager_underreplicatedpartitions',
    'Partitions led here of which a replica is not in sync',
    ({ here, leadership, replicas }) =>
      here?.isLeader === true && leadership.inSyncReplicas.length < replicas.length,
  ],
  [
    'kafka_controller_kafkacontroller_offlinepartitionscount',
    'Partitions without a leader',
    ({ leadership }) => leadership.leaderId < 0,
  ],
  ['kafka_controller_kafkacontroller_globalpartitioncount', 'Partitions of the cluster', () => true],
];

function addTo(sums: number[], row: Row): void {
  for (let at = 0; at < sums.length; at++) if (replicaGauges[at]![2](row)) sums[at]! += 1;
}

function* each<T>(items: Iterable<T>, sample: (item: T) => Sample): Generator<Sample> {
  for (const item of items) yield sample(item);
}
