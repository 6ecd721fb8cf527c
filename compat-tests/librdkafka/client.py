"""Cases for librdkafka: `client.py BOOTSTRAP TOPIC_PREFIX`.

Prints `ok NAME` or `not ok NAME: REASON` for each case and `end` last; the runner counts.
"""
import time

import group_admin
import groups
from common import (
    ADMIN,
    PREFIX,
    case,
    consumer,
    create,
    numbered,
    poll_one,
    producer,
    read,
    read_one,
    run_all,
    same,
    send,
)
from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import ConfigResource, NewTopic, OffsetSpec, ResourceType


def codec_case(codec):
    def run():
        topic = create(f"codec-{codec}")
        records = numbered(5_000, pad=100)
        client = producer(enable_idempotence=True, compression_type=codec, linger_ms=5, batch_num_messages=500)
        assert send(client, topic, records) == list(range(5_000))
        same(read_one(topic), records)

    run.__doc__ = f"idempotent producer with {codec}: 5,000 records, acknowledged and read in order"
    return run


for name in ("none", "gzip", "snappy", "lz4", "zstd"):
    case(codec_case(name))


def acks_case(acks):
    def run():
        topic = create(f"acks-{acks}")
        records = numbered(500)
        send(producer(acks=acks), topic, records)
        if acks == "0":
            send(producer(acks="all"), topic, [(b"last", b"last")])
            values = [message.value() for message in read_one(topic)]
            assert sorted(values) == sorted([value for _, value in records] + [b"last"])
        else:
            same(read_one(topic), records)

    run.__doc__ = f"producer with acks={acks}"
    return run


for name in ("0", "1", "all"):
    case(acks_case(name))


@case
def many_in_flight():
    """idempotent producer: 20,000 records in small batches, five requests in flight, no gap, no double"""
    topic = create("in-flight", partitions=3)
    client = producer(enable_idempotence=True, linger_ms=0, batch_num_messages=20)
    records = numbered(20_000)
    for at, (key, value) in enumerate(records):
        client.produce(topic, key=key, value=value, partition=at % 3)
        if at % 1_000 == 0:
            client.poll(0)
    assert client.flush(60) == 0
    found = read([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(3)])
    for partition in range(3):
        same(found[partition], records[partition::3])


@case
def shapes():
    """null and empty keys and values, headers, timestamps"""
    topic = create("shapes")
    client = producer(acks="all")
    client.produce(topic, partition=0, timestamp=1_700_000_000_001)
    client.produce(topic, key=b"", value=b"", partition=0, timestamp=1_700_000_000_002)
    client.produce(topic, key=b"k", value=b"v", partition=0, timestamp=1_700_000_000_003,
                   headers=[("a", b"1"), ("a", b"2"), ("n", None)])
    assert client.flush(30) == 0
    got = [(m.key(), m.value(), m.timestamp()[1], m.headers()) for m in read_one(topic)]
    assert got == [
        (None, None, 1_700_000_000_001, None),
        (b"", b"", 1_700_000_000_002, None),
        (b"k", b"v", 1_700_000_000_003, [("a", b"1"), ("a", b"2"), ("n", None)]),
    ], got


@case
def append_time():
    """message.timestamp.type=LogAppendTime: the broker's time replaces the client's"""
    topic = create("append-time", config={"message.timestamp.type": "LogAppendTime"})
    client = producer(acks="all")
    client.produce(topic, value=b"v", partition=0, timestamp=1_700_000_000_001)
    assert client.flush(30) == 0
    kind, timestamp = read_one(topic)[0].timestamp()
    assert kind == 2, kind
    assert abs(timestamp - time.time() * 1000) < 60_000, timestamp


@case
def from_an_offset():
    """assign at an offset, then seek back"""
    topic = create("seek")
    send(producer(acks="all", batch_num_messages=10), topic, numbered(100))
    assert [m.offset() for m in read_one(topic, 57)] == list(range(57, 100))
    client = consumer()
    try:
        client.assign([TopicPartition(topic, 0, 90)])
        first = poll_one(client)
        client.seek(TopicPartition(topic, 0, 5))
        again = poll_one(client)
        assert (first.offset(), again.offset()) == (90, 5), (first.offset(), again.offset())
    finally:
        client.close()


@case
def tail():
    """a consumer at the end gets what is produced later"""
    topic = create("tail")
    send(producer(acks="all"), topic, numbered(10))
    client = consumer()
    try:
        client.assign([TopicPartition(topic, 0, OFFSET_END)])
        for _ in range(30):
            message = client.poll(1.0)
            if message is not None and message.error() is not None:
                break
        send(producer(acks="all"), topic, [(b"late", b"late")])
        message = poll_one(client)
        assert (message.offset(), message.value()) == (10, b"late")
    finally:
        client.close()


@case
def out_of_range():
    """an offset beyond the end resets as auto.offset.reset says"""
    topic = create("range")
    send(producer(acks="all"), topic, numbered(3))
    found = read([TopicPartition(topic, 0, 1_000)], auto_offset_reset="earliest")[0]
    assert [m.offset() for m in found] == [0, 1, 2]


@case
def small_fetches():
    """fetch.max.bytes below a batch: every record arrives all the same"""
    topic = create("small-fetch")
    records = numbered(200, pad=2_000)
    send(producer(acks="all", batch_num_messages=5), topic, records)
    settings = {"fetch_max_bytes": 1_000, "max_partition_fetch_bytes": 1_000, "message_max_bytes": 1_000}
    same(read([TopicPartition(topic, 0, OFFSET_BEGINNING)], **settings)[0], records)


@case
def read_committed():
    """isolation.level=read_committed reads what no transaction wrote"""
    topic = create("committed")
    records = numbered(50)
    send(producer(acks="all"), topic, records)
    same(read([TopicPartition(topic, 0, OFFSET_BEGINNING)], isolation_level="read_committed")[0], records)


@case
def watermarks():
    """get_watermark_offsets and offsets_for_times"""
    topic = create("watermarks")
    client = producer(acks="all")
    for at in range(20):
        client.produce(topic, value=b"v", partition=0, timestamp=1_700_000_000_000 + at * 100)
    assert client.flush(30) == 0
    reader = consumer()
    try:
        assert reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=10) == (0, 20)

        def at_time(timestamp):
            return reader.offsets_for_times([TopicPartition(topic, 0, timestamp)], timeout=10)[0].offset

        assert at_time(1_700_000_000_500) == 5
        assert at_time(1_700_000_000_501) == 6
        assert at_time(1) == 0
        assert at_time(1_800_000_000_000) == OFFSET_END
    finally:
        reader.close()


@case
def list_offsets():
    """Admin list_offsets: earliest, latest, largest timestamp, by timestamp, both isolation levels"""
    topic = create("list-offsets")
    client = producer(acks="all")
    for timestamp in (100, 900, 300, 500):
        client.produce(topic, value=b"v", partition=0, timestamp=1_700_000_000_000 + timestamp)
    assert client.flush(30) == 0
    place = TopicPartition(topic, 0)

    def ask(spec, **options):
        result = ADMIN.list_offsets({place: spec}, **options)[place].result(30)
        return result.offset, result.timestamp

    assert ask(OffsetSpec.earliest())[0] == 0
    assert ask(OffsetSpec.latest())[0] == 4
    assert ask(OffsetSpec.latest(), isolation_level=IsolationLevel.READ_COMMITTED)[0] == 4
    assert ask(OffsetSpec.max_timestamp()) == (1, 1_700_000_000_900)
    assert ask(OffsetSpec.for_timestamp(1_700_000_000_200)) == (1, 1_700_000_000_900)


@case
def metadata():
    """list_topics, describe_cluster and describe_topics agree"""
    topic = create("metadata", partitions=3)
    listed = ADMIN.list_topics(timeout=10)
    assert topic in listed.topics
    assert sorted(listed.topics[topic].partitions) == [0, 1, 2]
    cluster = ADMIN.describe_cluster().result(30)
    assert len(cluster.nodes) == len(listed.brokers)
    assert cluster.controller.id in listed.brokers
    described = ADMIN.describe_topics(topic_collection(topic))[topic].result(30)
    assert [partition.id for partition in described.partitions] == [0, 1, 2]
    assert described.is_internal is False


def topic_collection(topic):
    from confluent_kafka import TopicCollection

    return TopicCollection([topic])


@case
def create_refusals():
    """create_topics: duplicate, invalid name, invalid config, invalid partition count, validate_only"""
    topic = create("twice")

    def refusal(new, **options):
        try:
            ADMIN.create_topics([new], **options)[new.topic].result(30)
            return None
        except KafkaException as error:
            return error.args[0].code()

    assert refusal(NewTopic(topic, 1, 1)) == KafkaError.TOPIC_ALREADY_EXISTS
    assert refusal(NewTopic("not a name", 1, 1)) == KafkaError.TOPIC_EXCEPTION
    fresh = f"{PREFIX}-refused"
    assert refusal(NewTopic(fresh, 1, 1, config={"no.such.key": "1"})) == KafkaError.INVALID_CONFIG
    assert refusal(NewTopic(fresh, 1, 1, config={"retention.ms": "soon"})) == KafkaError.INVALID_CONFIG
    assert refusal(NewTopic(fresh, 0, 1)) == KafkaError.INVALID_PARTITIONS
    assert refusal(NewTopic(fresh, 1, 99)) == KafkaError.INVALID_REPLICATION_FACTOR
    assert refusal(NewTopic(fresh, 1, 1), validate_only=True) is None
    assert fresh not in ADMIN.list_topics(timeout=10).topics


@case
def delete_topics():
    """delete_topics: gone from the list, unknown is refused, the name can be used again"""
    topic = create("deleted")
    send(producer(acks="all"), topic, numbered(5))
    ADMIN.delete_topics([topic])[topic].result(30)
    assert topic not in ADMIN.list_topics(timeout=10).topics
    unknown = f"{PREFIX}-never"
    try:
        ADMIN.delete_topics([unknown])[unknown].result(30)
        raise AssertionError("deleting an unknown topic was accepted")
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART, error
    assert create("deleted") == topic
    send(producer(acks="all"), topic, numbered(2))
    same(read_one(topic), numbered(2))


@case
def describe_configs():
    """describe_configs of a topic: the value set, defaults, synonyms' sources"""
    topic = create("configs", config={"retention.ms": "86400000", "cleanup.policy": "compact"})
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = ADMIN.describe_configs([resource])[resource].result(30)
    assert entries["retention.ms"].value == "86400000"
    assert entries["retention.ms"].is_default is False
    assert entries["cleanup.policy"].value == "compact"
    assert entries["segment.bytes"].value == "1073741824"
    assert entries["segment.bytes"].is_default is True
    missing = ConfigResource(ResourceType.TOPIC, f"{PREFIX}-nowhere")
    try:
        ADMIN.describe_configs([missing])[missing].result(30)
        raise AssertionError("configs of an unknown topic were described")
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART, error


@case
def too_large():
    """a batch above max.message.bytes is refused and nothing is appended"""
    topic = create("large", config={"max.message.bytes": "2000"})
    errors = []
    client = producer(acks="all", retries=0)
    client.produce(topic, value=b"x" * 5_000, partition=0, on_delivery=lambda error, _: errors.append(error))
    client.flush(30)
    assert [error.code() for error in errors] == [KafkaError.MSG_SIZE_TOO_LARGE], errors
    assert read_one(topic) == []


@case
def auto_create():
    """a missing topic is created by producing to it"""
    topic = f"{PREFIX}-auto"
    assert send(producer(acks="all"), topic, numbered(10)) == list(range(10))
    same(read_one(topic), numbered(10))


# Each of the three has put its cases on the list when it was imported.
assert groups and group_admin
run_all()
