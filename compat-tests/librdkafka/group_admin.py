"""Cases for the administration of groups, of their offsets, and of topics that exist."""
from common import ADMIN, PREFIX, case, create, numbered, producer, read_one, send
from confluent_kafka import (
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    ElectionType,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    OffsetSpec,
    ResourceType,
)
from groups import Member, fill, reader, take, until


def refusal(future):
    """The error code with which a future fails, None when it does not."""
    try:
        future.result(30)
        return None
    except KafkaException as error:
        return error.args[0].code()


def describe(group):
    return ADMIN.describe_consumer_groups([group])[group].result(30)


@case
def group_life():
    """list, describe, delete of a group through its life: stable, empty, gone"""
    topic = create("group-life", partitions=2)
    members = [Member(topic, [topic]), Member(topic, [topic])]
    until("one each", lambda: all(len(member.owned) == 1 for member in members))
    until("stable", lambda: describe(topic).state == ConsumerGroupState.STABLE)
    described = describe(topic)
    assert described.partition_assignor == "range", described.partition_assignor
    assert described.is_simple_consumer_group is False
    owned = [(at.topic, at.partition) for member in described.members for at in member.assignment.topic_partitions]
    assert sorted(owned) == [(topic, 0), (topic, 1)], owned
    for member in described.members:
        assert member.client_id == "rdkafka" and member.host.startswith("/"), (member.client_id, member.host)
        assert member.group_instance_id is None

    def listed(*states):
        result = ADMIN.list_consumer_groups(**({"states": set(states)} if states else {})).result(30)
        assert not result.errors, result.errors
        return {group.group_id: group.state for group in result.valid}

    assert listed()[topic] == ConsumerGroupState.STABLE
    assert topic in listed(ConsumerGroupState.STABLE)
    assert topic not in listed(ConsumerGroupState.EMPTY)
    assert refusal(ADMIN.delete_consumer_groups([topic])[topic]) == KafkaError.NON_EMPTY_GROUP
    for member in members:
        member.stop()
    until("empty", lambda: describe(topic).state == ConsumerGroupState.EMPTY)
    assert topic in listed(ConsumerGroupState.EMPTY)
    assert refusal(ADMIN.delete_consumer_groups([topic])[topic]) is None
    assert topic not in listed()
    assert refusal(ADMIN.delete_consumer_groups([topic])[topic]) == KafkaError.GROUP_ID_NOT_FOUND


@case
def old_group_calls():
    """list_groups (the older call) shows members with their assignments"""
    topic = create("group-old")
    member = Member(topic, [topic], client_id="older")
    until("one", lambda: len(member.owned) == 1)

    def stable():
        found = [group for group in ADMIN.list_groups(topic, timeout=10) if group.id == topic]
        return found and found[0].state == "Stable" and found[0]

    until("stable", stable)
    group = stable()
    assert (group.protocol_type, group.protocol) == ("consumer", "range"), (group.protocol_type, group.protocol)
    assert [one.client_id for one in group.members] == ["older"]
    assert group.members[0].assignment
    member.stop()


@case
def group_offsets():
    """list and alter the offsets of a group; a group with members refuses"""
    topic = create("group-offsets", partitions=2)
    fill(topic, 2, 10)
    places = [TopicPartition(topic, 0, 4), TopicPartition(topic, 1, 6)]

    def alter():
        return ADMIN.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(topic, places)])[topic]

    def offsets(partitions=None):
        request = ConsumerGroupTopicPartitions(topic, partitions)
        answered = ADMIN.list_consumer_group_offsets([request])[topic].result(30)
        return sorted((at.partition, at.offset) for at in answered.topic_partitions)

    assert [at.error for at in alter().result(30).topic_partitions] == [None, None]
    assert offsets() == [(0, 4), (1, 6)]
    assert offsets([TopicPartition(topic, 1)]) == [(1, 6)]
    client = reader(topic)
    got = [(message.partition(), message.offset()) for message in take(client, 10)]
    assert sorted(got) == [(0, at) for at in range(4, 10)] + [(1, at) for at in range(6, 10)], got
    try:
        answered = alter().result(30)
        assert all(at.error is not None for at in answered.topic_partitions), "accepted while a member is there"
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.UNKNOWN_MEMBER_ID, error
    client.close()


@case
def create_partitions():
    """create_partitions: more, validated, refused when fewer or unknown; a producer and a group find them"""
    topic = create("grown")
    member = Member(topic, [topic])
    until("one", lambda: len(member.owned) == 1)

    def grow(count, name=topic, **options):
        return refusal(ADMIN.create_partitions([NewPartitions(name, count)], **options)[name])

    assert grow(3, validate_only=True) is None
    assert len(ADMIN.list_topics(topic, timeout=10).topics[topic].partitions) == 1
    assert grow(3) is None
    assert grow(2) == KafkaError.INVALID_PARTITIONS
    assert grow(3) == KafkaError.INVALID_PARTITIONS
    assert grow(3, f"{PREFIX}-nowhere") == KafkaError.UNKNOWN_TOPIC_OR_PART
    until("three", lambda: len(member.owned) == 3, 40)
    fill(topic, 3, 5)
    until("15 records", lambda: len(member.messages) == 15)
    member.stop()


def config_of(resource, key):
    return ADMIN.describe_configs([resource])[resource].result(30)[key]


def alter(kind, name, *operations, **options):
    entries = [ConfigEntry(key, value, incremental_operation=operation) for operation, key, value in operations]
    resource = ConfigResource(kind, name, incremental_configs=entries)
    return refusal(ADMIN.incremental_alter_configs([resource], **options)[resource])


SET, DELETE, APPEND, SUBTRACT = (
    AlterConfigOpType.SET, AlterConfigOpType.DELETE, AlterConfigOpType.APPEND, AlterConfigOpType.SUBTRACT)


@case
def topic_configs():
    """incremental_alter_configs of a topic: set, append, subtract, delete, validate_only, refusals"""
    topic = create("alter-topic")
    place = ConfigResource(ResourceType.TOPIC, topic)

    def value(key):
        return config_of(place, key).value

    assert alter(ResourceType.TOPIC, topic, (SET, "retention.ms", "1000"), validate_only=True) is None
    assert value("retention.ms") == "604800000"
    assert alter(ResourceType.TOPIC, topic, (SET, "retention.ms", "3600000")) is None
    until("set", lambda: value("retention.ms") == "3600000")
    assert config_of(place, "retention.ms").is_default is False
    assert alter(ResourceType.TOPIC, topic, (APPEND, "cleanup.policy", "compact")) is None
    until("appended", lambda: sorted(value("cleanup.policy").split(",")) == ["compact", "delete"])
    assert alter(ResourceType.TOPIC, topic, (SUBTRACT, "cleanup.policy", "delete")) is None
    until("subtracted", lambda: value("cleanup.policy") == "compact")
    assert alter(ResourceType.TOPIC, topic, (DELETE, "retention.ms", None)) is None
    until("deleted", lambda: value("retention.ms") == "604800000")
    assert alter(ResourceType.TOPIC, topic, (SET, "retention.ms", "soon")) == KafkaError.INVALID_CONFIG
    assert alter(ResourceType.TOPIC, topic, (SET, "no.such.key", "1")) == KafkaError.INVALID_CONFIG
    unknown = alter(ResourceType.TOPIC, f"{PREFIX}-nowhere", (SET, "retention.ms", "1"))
    assert unknown == KafkaError.UNKNOWN_TOPIC_OR_PART, unknown


@case
def acts_at_once():
    """max.message.bytes of a topic, altered, acts on the next record"""
    topic = create("alter-acts")
    send(producer(acks="all"), topic, [(b"k", b"x" * 5_000)])
    assert alter(ResourceType.TOPIC, topic, (SET, "max.message.bytes", "2000")) is None

    def refused():
        errors = []
        client = producer(acks="all", retries=0)
        client.produce(topic, value=b"x" * 5_000, partition=0, on_delivery=lambda error, _: errors.append(error))
        client.flush(30)
        return errors[0] is not None and errors[0].code() == KafkaError.MSG_SIZE_TOO_LARGE

    until("refused", refused)
    send(producer(acks="all"), topic, [(b"k", b"x" * 500)])
    assert read_one(topic)[-1].value() == b"x" * 500


@case
def broker_configs():
    """a broker's configs: described with sources and sensitivity, one altered and put back, a read-only one refused"""
    broker = str(next(iter(ADMIN.list_topics(timeout=10).brokers)))
    place = ConfigResource(ResourceType.BROKER, broker)
    before = config_of(place, "log.cleaner.threads")
    assert before.is_read_only is False and before.is_sensitive is False
    assert config_of(place, "broker.id").is_read_only is True
    assert alter(ResourceType.BROKER, broker, (SET, "log.retention.ms", "99000000")) is None
    until("set", lambda: config_of(place, "log.retention.ms").value == "99000000")
    followed = ConfigResource(ResourceType.TOPIC, create("follows"))
    until("the topic follows", lambda: config_of(followed, "retention.ms").value == "99000000")
    assert alter(ResourceType.BROKER, broker, (DELETE, "log.retention.ms", None)) is None
    until("deleted", lambda: config_of(place, "log.retention.ms").value != "99000000")
    assert alter(ResourceType.BROKER, broker, (SET, "broker.id", "7")) == KafkaError.INVALID_REQUEST


@case
def delete_records():
    """delete_records: up to an offset, all of them, refused beyond the end"""
    topic = create("delete-records")
    send(producer(acks="all", batch_num_messages=4), topic, numbered(20))

    def delete(offset):
        place = TopicPartition(topic, 0, offset)
        return ADMIN.delete_records([place])[place]

    assert delete(7).result(30).low_watermark == 7
    assert [message.offset() for message in read_one(topic)] == list(range(7, 20))
    assert refusal(delete(99)) == KafkaError.OFFSET_OUT_OF_RANGE
    assert delete(-1).result(30).low_watermark == 20
    assert read_one(topic) == []
    place = TopicPartition(topic, 0)
    assert ADMIN.list_offsets({place: OffsetSpec.earliest()})[place].result(30).offset == 20


@case
def elect_leaders():
    """elect_leaders: a partition whose preferred replica leads needs none"""
    topic = create("elect")
    [(place, error)] = ADMIN.elect_leaders(ElectionType.PREFERRED, [TopicPartition(topic, 0)]).result(30).items()
    assert (place.topic, place.partition) == (topic, 0)
    assert error.code() == KafkaError.ELECTION_NOT_NEEDED, error
