import assert from 'node:assert/strict';
import { type Admin, AssignerProtocol, ConfigResourceTypes, KafkaJSDeleteGroupsError } from 'kafkajs';
import type { Report } from '../report';
import { freshTopic } from '../suite';
import { createAndWait } from '../topics';
import { Member, until } from './members';
import type { Clients } from './suite';

/** What kafkajs's admin client does with groups, their offsets, and topics that exist. */
export async function groupAdministration(clients: Clients, report: Report): Promise<void> {
  await administersGroups(clients, report);
  await administersOffsets(clients, report);
  await altersTopics(clients, report);
}

async function administersGroups({ kafka, admin, producer }: Clients, report: Report): Promise<void> {
  const topic = freshTopic('kafkajs-groups');
  await createAndWait(admin, { topic, numPartitions: 2 });
  await producer.send({ topic, acks: -1, messages: [{ value: 'one' }] });

  await report.case('listGroups and describeGroups of a group with two members', async () => {
    const members = await Promise.all([
      Member.start(kafka, topic, { topics: [topic] }),
      Member.start(kafka, topic, { topics: [topic] }),
    ]);
    await until('one partition each', () => members.every(({ assigned }) => assigned.length === 1));
    const { groups } = await admin.listGroups();
    const overview = groups.find(({ groupId }) => groupId === topic);
    assert.equal(overview?.protocolType, 'consumer');

    let described = await describe(admin, topic);
    await until('the group is stable', async () => {
      described = await describe(admin, topic);
      return described?.state === 'Stable';
    });
    assert.equal(described?.protocolType, 'consumer');
    assert.equal(described?.protocol, 'RoundRobinAssigner');
    assert.equal(described?.members.length, 2);
    const owned = described?.members.flatMap(({ memberAssignment, clientId, clientHost }) => {
      assert.equal(clientId, 'compat');
      assert.match(clientHost, /^\/[\d.:a-f]+$/);
      return AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? [];
    });
    assert.deepEqual(owned?.sort(), [0, 1]);

    await assert.rejects(admin.deleteGroups([topic]), (error: Error) => {
      assert.ok(error instanceof KafkaJSDeleteGroupsError);
      assert.match(JSON.stringify(error.groups), /NON_EMPTY_GROUP|not empty/);
      return true;
    });
    await Promise.all(members.map((member) => member.stop()));
    const empty = await describe(admin, topic);
    assert.deepEqual([empty?.state, empty?.members.length], ['Empty', 0]);
  });

  await report.case('deleteGroups of an empty group: gone, its offsets too', async () => {
    assert.equal((await admin.deleteGroups([topic]))[0]?.errorCode ?? 0, 0);
    const { groups } = await admin.listGroups();
    assert.ok(!groups.some(({ groupId }) => groupId === topic));
    assert.equal((await describe(admin, topic))?.state, 'Dead');
    const [offsets] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
    assert.ok(offsets?.partitions.every(({ offset }) => offset === '-1'));
  });

  await report.case('deleteGroups of a group that is not there is refused', async () => {
    await assert.rejects(admin.deleteGroups([freshTopic('kafkajs-nobody')]), (error: Error) => {
      assert.ok(error instanceof KafkaJSDeleteGroupsError);
      assert.match(JSON.stringify(error.groups), /GROUP_ID_NOT_FOUND|does not exist/);
      return true;
    });
  });
}

async function describe(admin: Admin, groupId: string) {
  return (await admin.describeGroups([groupId])).groups[0];
}

async function administersOffsets({ kafka, admin, producer }: Clients, report: Report): Promise<void> {
  const topic = freshTopic('kafkajs-offsets');
  const groupId = topic;
  await createAndWait(admin, { topic, numPartitions: 2 });
  const messages = Array.from({ length: 20 }, (_, at) => ({ value: `value-${at}`, partition: at % 2 }));
  await producer.send({ topic, acks: -1, messages });
  const fetched = async () => {
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return [...(offsets?.partitions ?? [])]
      .sort((left, right) => left.partition - right.partition)
      .map(({ offset }) => offset);
  };

  await report.case('setOffsets for a group without members; a member starts there', async () => {
    assert.deepEqual(await fetched(), ['-1', '-1']);
    const partitions = [
      { partition: 0, offset: '3' },
      { partition: 1, offset: '9' },
    ];
    await admin.setOffsets({ groupId, topic, partitions });
    assert.deepEqual(await fetched(), ['3', '9']);
    const member = await Member.start(kafka, groupId, { topics: [topic] });
    await until('eight records', () => member.seen.length >= 8);
    await member.stop();
    const first = (partition: number) => member.seen.find((seen) => seen.partition === partition)?.offset;
    assert.deepEqual([first(0), first(1), member.seen.length], ['3', '9', 8]);
    assert.deepEqual(await fetched(), ['10', '10']);
  });

  await report.case('fetchOffsets without topics answers all that the group committed', async () => {
    const all = await admin.fetchOffsets({ groupId });
    assert.deepEqual(
      all.map((one) => [one.topic, one.partitions.length]),
      [[topic, 2]],
    );
  });

  await report.case('resetOffsets to earliest, to latest, and resolved', async () => {
    const resolved = async () => {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true });
      return offsets?.partitions.map(({ offset }) => offset);
    };
    await admin.resetOffsets({ groupId, topic, earliest: true });
    assert.deepEqual(await resolved(), ['0', '0']);
    await admin.resetOffsets({ groupId, topic, earliest: false });
    assert.deepEqual(await resolved(), ['10', '10']);
  });

  await report.case('setOffsets while the group has members is refused', async () => {
    const member = await Member.start(kafka, groupId, { topics: [topic] });
    await until('an assignment', () => member.assigned.length === 2);
    const partitions = [{ partition: 0, offset: '0' }];
    await assert.rejects(
      admin.setOffsets({ groupId, topic, partitions }),
      /running instances|state: (Stable|PreparingRebalance)/,
    );
    await member.stop();
  });
}

async function altersTopics({ admin, producer }: Clients, report: Report): Promise<void> {
  const topic = freshTopic('kafkajs-alter');
  await createAndWait(admin, { topic, numPartitions: 1 });
  const config = async (name: string) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }],
    });
    return resources[0]?.configEntries[0]?.configValue;
  };

  await report.case('createPartitions: more of them, which take records; not fewer', async () => {
    const to = (count: number) => ({ topicPartitions: [{ topic, count }] });
    await admin.createPartitions({ ...to(3), validateOnly: true });
    assert.equal((await admin.fetchTopicOffsets(topic)).length, 1);
    await admin.createPartitions(to(3));
    await until('three leaders', async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const partitions = topics[0]?.partitions ?? [];
      return partitions.length === 3 && partitions.every(({ leader }) => leader >= 0);
    });
    // As in createAndWait: the leaders serve before anything is sent to them.
    const serves = () =>
      admin.fetchTopicOffsets(topic).then(
        () => true,
        () => false,
      );
    await until('three leaders that serve', serves);
    const messages = [0, 1, 2].map((partition) => ({ value: 'one', partition }));
    await producer.send({ topic, acks: -1, messages });
    assert.deepEqual(
      (await admin.fetchTopicOffsets(topic)).map(({ high }) => high),
      ['1', '1', '1'],
    );
    await assert.rejects(admin.createPartitions(to(2)), /partition/i);
  });

  await report.case('alterConfigs of a topic: set, seen, refused when invalid', async () => {
    const alter = (name: string, value: string, validateOnly = false) =>
      admin.alterConfigs({
        validateOnly,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }],
      });
    await alter('retention.ms', '3600000', true);
    assert.equal(await config('retention.ms'), '604800000');
    await alter('retention.ms', '3600000');
    await until('the new value', async () => (await config('retention.ms')) === '3600000');
    await assert.rejects(alter('retention.ms', 'soon'), /config/i);
    await assert.rejects(alter('no.such.key', '1'), /config/i);
    // AlterConfigs replaces the whole set: what it does not name falls back to its default.
    await alter('cleanup.policy', 'compact');
    await until('the default again', async () => (await config('retention.ms')) === '604800000');
    assert.equal(await config('cleanup.policy'), 'compact');
  });

  await report.case('deleteTopicRecords: the beginning moves, the end stays', async () => {
    const filled = freshTopic('kafkajs-delete-records');
    await createAndWait(admin, { topic: filled, numPartitions: 1 });
    for (let at = 0; at < 10; at += 1)
      await producer.send({ topic: filled, acks: -1, messages: [{ value: String(at) }, { value: 'b' }] });
    await admin.deleteTopicRecords({ topic: filled, partitions: [{ partition: 0, offset: '7' }] });
    const [offsets] = await admin.fetchTopicOffsets(filled);
    assert.deepEqual([offsets?.low, offsets?.high], ['7', '20']);
    await admin.deleteTopicRecords({ topic: filled, partitions: [{ partition: 0, offset: '-1' }] });
    const [emptied] = await admin.fetchTopicOffsets(filled);
    assert.deepEqual([emptied?.low, emptied?.high], ['20', '20']);
    await assert.rejects(
      admin.deleteTopicRecords({ topic: filled, partitions: [{ partition: 0, offset: '999' }] }),
    );
  });
}
