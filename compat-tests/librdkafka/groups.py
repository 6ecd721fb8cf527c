"""Cases for members of consumer groups."""
import threading
import time

from common import BOOTSTRAP, case, create, numbered, producer, send
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition


class Member:
    """A consumer on its own thread that collects what it reads and what it owns."""

    def __init__(self, group, topics, **settings):
        self.client = Consumer({
            "bootstrap.servers": BOOTSTRAP,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 300,
            "topic.metadata.refresh.interval.ms": 1_000,
            **{key.replace("_", "."): value for key, value in settings.items()},
        })
        self.messages, self.owned, self.errors = [], set(), []
        self.assignments, self.revocations = 0, 0
        self._cooperative = settings.get("partition_assignment_strategy") == "cooperative-sticky"
        self._stop = threading.Event()
        self.client.subscribe(topics, on_assign=self._assign, on_revoke=self._revoke, on_lost=self._revoke)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _assign(self, _, partitions):
        self.assignments += 1
        places = {(at.topic, at.partition) for at in partitions}
        self.owned = self.owned | places if self._cooperative else places

    def _revoke(self, _, partitions):
        self.revocations += 1
        self.owned = self.owned - {(at.topic, at.partition) for at in partitions}

    def _run(self):
        while not self._stop.is_set():
            message = self.client.poll(0.1)
            if message is None:
                continue
            if message.error() is None:
                self.messages.append(message)
            elif not message.error().retriable():
                self.errors.append(message.error())

    def values(self):
        return [message.value() for message in self.messages]

    def stop(self):
        """Stops reading, commits if so configured, and leaves the group."""
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive(), "poll did not return"
        self.client.close()

    def vanish(self):
        """Stops polling, and so, in the end, to be a member, without leaving."""
        self._stop.set()
        self._thread.join(20)


def until(what, holds, timeout_s=30.0):
    """Waits for `holds`; what fails on the way counts as not yet: Kafka's metadata follows its answers."""
    end_at = time.monotonic() + timeout_s
    while True:
        error = ""
        try:
            if holds():
                return
        except KafkaException as raised:
            error = f" ({raised})"
        assert time.monotonic() < end_at, f"not within {timeout_s} s: {what() if callable(what) else what}{error}"
        time.sleep(0.02)


def fill(topic, partitions, count, prefix=b""):
    for partition in range(partitions):
        records = [(key, prefix + b"%d/" % partition + value) for key, value in numbered(count)]
        send(producer(acks="all"), topic, records, partition)


def owned_by(members):
    return [sorted(member.owned) for member in members]


def strategy_case(strategy):
    def run():
        topic = create(f"group-{strategy}", partitions=4)
        fill(topic, 4, 25)
        settings = {"partition_assignment_strategy": strategy}
        first = Member(topic, [topic], **settings)
        until("100 records", lambda: len(first.messages) == 100)
        assert len(first.owned) == 4, first.owned
        second = Member(topic, [topic], **settings)
        members = [first, second]
        until(lambda: owned_by(members), lambda: [len(member.owned) for member in members] == [2, 2])
        assert len(first.owned | second.owned) == 4, owned_by(members)
        fill(topic, 4, 10, b"shared/")
        until("40 more", lambda: len(first.messages) + len(second.messages) >= 140)
        second.stop()
        until("four again", lambda: len(first.owned) == 4)
        fill(topic, 4, 10, b"alone/")
        until("40 more", lambda: len(set(value for value in first.values() if value.startswith(b"alone/"))) == 40)
        first.stop()
        places = [(m.partition(), m.offset()) for member in members for m in member.messages]
        assert sorted(set(places)) == [(partition, offset) for partition in range(4) for offset in range(45)]
        assert len(second.values()) == 20, len(second.values())
        assert not first.errors and not second.errors, (first.errors, second.errors)

    run.__doc__ = f"group with {strategy}: a second member takes two of four partitions, and gives them back"
    return run


for name in ("range", "roundrobin", "cooperative-sticky"):
    case(strategy_case(name))


@case
def cooperative_keeps():
    """cooperative-sticky: what a member keeps is not revoked while another joins"""
    topic = create("group-keeps", partitions=4)
    settings = {"partition_assignment_strategy": "cooperative-sticky"}
    first = Member(topic, [topic], **settings)
    until("four", lambda: len(first.owned) == 4)
    before = set(first.owned)
    smallest = [4]
    second = Member(topic, [topic], **settings)

    def settled():
        smallest[0] = min(smallest[0], len(first.owned))
        return len(first.owned) == 2 and len(second.owned) == 2

    until(lambda: owned_by([first, second]), settled)
    assert first.owned < before
    assert smallest[0] == 2, smallest
    first.stop()
    second.stop()


@case
def static_member():
    """static membership: a member that comes back with its instance id gets its partitions without a rebalance"""
    topic = create("group-static", partitions=4)
    static = {"session_timeout_ms": 30_000}
    first = Member(topic, [topic], group_instance_id="one", **static)
    second = Member(topic, [topic], group_instance_id="two", **static)
    until("two and two", lambda: len(first.owned) == 2 and len(second.owned) == 2)
    owned, assignments = set(second.owned), first.assignments
    second.stop()
    again = Member(topic, [topic], group_instance_id="two", **static)
    until("the same two", lambda: len(again.owned) == 2)
    assert again.owned == owned, (again.owned, owned)
    assert first.assignments == assignments and first.revocations <= assignments, first.assignments
    fill(topic, 4, 5)
    until("20 records", lambda: len(first.messages) + len(again.messages) == 20)
    first.stop()
    again.stop()


@case
def fenced():
    """static membership: of two members with one instance id the older is fenced"""
    topic = create("group-fenced")
    older = Member(topic, [topic], group_instance_id="same")
    until("an assignment", lambda: len(older.owned) == 1)
    newer = Member(topic, [topic], group_instance_id="same")
    until("the older is told", lambda: any(error.code() == KafkaError._FATAL for error in older.errors))
    until("the newer owns it", lambda: len(newer.owned) == 1)
    newer.stop()
    older.vanish()


@case
def expires():
    """a member that stops polling loses its partitions when max.poll.interval.ms has passed"""
    topic = create("group-expires", partitions=2)
    fill(topic, 2, 5)
    settings = {"session_timeout_ms": 6_000, "max_poll_interval_ms": 6_000}
    first = Member(topic, [topic], **settings)
    until("two", lambda: len(first.owned) == 2)
    first.vanish()
    second = Member(topic, [topic], **settings)
    until("both for the second", lambda: len(second.owned) == 2, 40)
    second.stop()


def reader(group, on_commit=None, **settings):
    client = Consumer({
        "bootstrap.servers": BOOTSTRAP,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        **({} if on_commit is None else {"on_commit": on_commit}),
        **{key.replace("_", "."): value for key, value in settings.items()},
    })
    client.subscribe([group])
    return client


def take(client, count):
    """The next `count` records."""
    messages = []
    end_at = time.monotonic() + 30
    while len(messages) < count:
        assert time.monotonic() < end_at, f"{len(messages)} of {count} records"
        for message in client.consume(count - len(messages), 1.0):
            if message.error() is not None:
                if message.error().retriable():
                    continue
                raise KafkaException(message.error())
            messages.append(message)
    return messages


def committed(client, topic, partition=0):
    return client.committed([TopicPartition(topic, partition)], timeout=10)[0]


@case
def commit_sync():
    """commit, synchronous: of a message, of offsets with metadata, read back and resumed from"""
    topic = create("commit-sync")
    fill(topic, 1, 30)
    client = reader(topic)
    messages = take(client, 10)
    assert committed(client, topic).offset < 0
    result = client.commit(message=messages[4], asynchronous=False)
    assert [(at.offset, at.error) for at in result] == [(5, None)], result
    assert committed(client, topic).offset == 5
    client.commit(offsets=[TopicPartition(topic, 0, 7, "seven")], asynchronous=False)
    place = committed(client, topic)
    assert (place.offset, place.metadata) == (7, "seven"), place
    client.close()
    client = reader(topic)
    assert [message.offset() for message in take(client, 3)] == [7, 8, 9]
    client.close()


@case
def commit_async():
    """commit, asynchronous: the callback hears of it"""
    topic = create("commit-async")
    fill(topic, 1, 30)
    heard = []
    client = reader(topic, on_commit=lambda error, places: heard.append((error, [at.offset for at in places])))
    take(client, 20)
    client.commit(asynchronous=True)
    end_at = time.monotonic() + 20
    while not heard:
        assert time.monotonic() < end_at, "no callback"
        client.poll(0.1)
    assert heard[0][0] is None and committed(client, topic).offset == heard[0][1][0] >= 20, heard
    client.close()


@case
def stored_offsets():
    """enable.auto.offset.store=false: close commits what was stored, not what was read"""
    topic = create("commit-stored")
    fill(topic, 1, 30)
    client = reader(topic, enable_auto_commit=True, enable_auto_offset_store=False)
    messages = take(client, 30)
    client.store_offsets(message=messages[11])
    client.close()
    client = reader(topic)
    assert committed(client, topic).offset == 12
    assert take(client, 1)[0].offset() == 12
    client.close()


@case
def stale_generation():
    """a commit of a member that has been replaced is refused"""
    topic = create("commit-stale")
    fill(topic, 1, 5)
    client = reader(topic, session_timeout_ms=6_000, max_poll_interval_ms=6_000, heartbeat_interval_ms=500)
    message = take(client, 1)[0]
    time.sleep(7)
    other = Member(topic, [topic])
    until("taken over", lambda: len(other.owned) == 1)
    try:
        client.commit(message=message, asynchronous=False)
        raise AssertionError("accepted")
    except KafkaException as error:
        refusals = (KafkaError.UNKNOWN_MEMBER_ID, KafkaError.ILLEGAL_GENERATION, KafkaError._ASSIGNMENT_LOST,
                    KafkaError._STATE, KafkaError._MAX_POLL_EXCEEDED, KafkaError._NO_OFFSET,
                    KafkaError.REBALANCE_IN_PROGRESS)
        assert error.args[0].code() in refusals, error
    other.stop()
    client.close()


@case
def positions_in_group():
    """seek, pause and resume, position and offsets_for_times inside a group"""
    topic = create("group-seek")
    client = producer(acks="all")
    for at in range(20):
        client.produce(topic, value=b"%d" % at, partition=0, timestamp=1_700_000_000_000 + at * 1_000)
    assert client.flush(30) == 0
    member = reader(topic)
    take(member, 20)
    assert member.position([TopicPartition(topic, 0)])[0].offset == 20
    [found] = member.offsets_for_times([TopicPartition(topic, 0, 1_700_000_007_500)], timeout=10)
    assert found.offset == 8, found
    member.seek(TopicPartition(topic, 0, found.offset))
    assert take(member, 1)[0].offset() == 8
    member.pause([TopicPartition(topic, 0)])
    member.seek(TopicPartition(topic, 0, 3))
    assert all(message.error() is not None for message in member.consume(1, 1.0))
    member.resume([TopicPartition(topic, 0)])
    assert take(member, 1)[0].offset() in (3, 8, 9)
    member.close()


@case
def pattern():
    """a subscription by pattern picks up a topic that is created later"""
    first = create("pattern-a")
    fill(first, 1, 5)
    member = Member(f"{first}-group", ["^" + first[:-1] + ".*"])
    until("five records", lambda: len(member.messages) == 5)
    second = create("pattern-b")
    fill(second, 1, 5)
    until("five more", lambda: len(member.messages) == 10, 40)
    assert {topic for topic, _ in member.owned} == {first, second}
    member.stop()
