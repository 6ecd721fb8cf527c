"""What the cases of client.py and groups.py share: arguments, the list of cases, topics, producers, readers."""
import sys
import time
import traceback

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP, PREFIX = sys.argv[1], sys.argv[2]
ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})
CASES = []


def case(function):
    CASES.append(function)
    return function


def create(name, partitions=1, config=None):
    topic = f"{PREFIX}-{name}"
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=config or {})
    ADMIN.create_topics([new])[topic].result(30)
    return topic


def producer(**settings):
    return Producer({"bootstrap.servers": BOOTSTRAP, **{key.replace("_", "."): value for key, value in settings.items()}})


def send(client, topic, records, partition=0):
    """Produces (key, value) pairs and returns the offsets that were acknowledged, in order."""
    offsets, errors = [], []

    def delivered(error, message):
        if error is not None:
            errors.append(error)
        else:
            offsets.append(message.offset())

    for key, value in records:
        while True:
            try:
                client.produce(topic, key=key, value=value, partition=partition, on_delivery=delivered)
                break
            except BufferError:
                client.poll(0.1)
        client.poll(0)
    left = client.flush(30)
    assert left == 0, f"{left} records not delivered"
    assert not errors, errors[0]
    return offsets


def consumer(**settings):
    return Consumer({
        "bootstrap.servers": BOOTSTRAP,
        "group.id": f"{PREFIX}-unused",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "allow.auto.create.topics": False,
        **{key.replace("_", "."): value for key, value in settings.items()},
    })


def read(positions, timeout_s=30.0, **settings):
    """Reads every assigned partition to its end without a group: {partition: [message]}."""
    client = consumer(**settings)
    try:
        client.assign(positions)
        found = {position.partition: [] for position in positions}
        ended = set()
        end_at = time.monotonic() + timeout_s
        while len(ended) < len(found):
            assert time.monotonic() < end_at, f"end not reached, {sum(map(len, found.values()))} records so far"
            message = client.poll(1.0)
            if message is None:
                continue
            if message.error() is not None:
                if message.error().code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                    continue
                if message.error().retriable() or message.error().code() == KafkaError._ALL_BROKERS_DOWN:
                    continue
                raise KafkaException(message.error())
            found[message.partition()].append(message)
        return found
    finally:
        client.close()


def read_one(topic, offset=OFFSET_BEGINNING):
    return read([TopicPartition(topic, 0, offset)])[0]


def numbered(count, pad=0):
    return [(f"key-{at % 97}".encode(), f"value-{at}-".encode() + b"x" * pad) for at in range(count)]


def same(messages, records):
    got = [(message.offset(), message.key(), message.value()) for message in messages]
    want = [(at, key, value) for at, (key, value) in enumerate(records)]
    if got == want:
        return
    for left, right in zip(got, want):
        assert left == right, f"got {left[:2]} {left[2][:40]!r}, want {right[:2]} {right[2][:40]!r}"
    raise AssertionError(f"got {len(got)} records, want {len(want)}")


def poll_one(client):
    for _ in range(30):
        message = client.poll(1.0)
        if message is not None and message.error() is None:
            return message
    raise AssertionError("no record")


def run_all():
    for function in CASES:
        name = (function.__doc__ or function.__name__).replace(": ", ", ")
        try:
            function()
            print(f"ok {name}", flush=True)
        except Exception as error:  # every failure is a verdict, not an end
            trace = traceback.extract_tb(error.__traceback__)[-1]
            words = str(error).replace("\n", " ") or type(error).__name__
            print(f"not ok {name}: line {trace.lineno}: {words}", flush=True)
    print("end")
