/**
 * What the broker keys mean, for DescribeConfigs and the tools that show it. Keys that are defaults of topics have their
 * text in topic-keys.ts. One text and no table: it is split only when somebody asks, so that a start costs nothing.
 * A `~` marks keys that belong to Kafka's way of doing things and have nothing to act on here.
 */
const texts = `
~add.partitions.to.txn.retry.backoff.max.ms Longest pause between attempts to add partitions to a transaction.
~add.partitions.to.txn.retry.backoff.ms First pause between attempts to add partitions to a transaction.
admin.host Address that the admin port is bound to; empty for every address.
admin.port Port for health checks and metrics over HTTP; -1 for none.
advertised.listeners Addresses that clients are told to connect to. Without it each client is told the address at which it arrived.
~alter.config.policy.class.name Class that may veto changes of settings.
~alter.log.dirs.replication.quota.window.num Samples kept for the rate of moves between log directories.
~alter.log.dirs.replication.quota.window.size.seconds Length of a sample of the rate of moves between log directories.
authorizer.class.name Class that decides who may do what; empty for no checks.
auto.create.topics.enable Whether a topic comes into being when a client asks for it by name.
auto.leader.rebalance.enable Whether leadership goes back to preferred replicas by itself.
~background.threads Threads for background work.
broker.heartbeat.interval.ms Pause between the signs of life of a broker.
broker.id Older name of node.id.
broker.rack Rack or zone of this broker: replicas are spread over racks, and consumers may read nearby.
broker.session.timeout.ms Silence after which a broker counts as gone.
~client.quota.callback.class Class that decides quotas of clients.
cluster.id Identity that a new data directory gets; an existing one must agree with it.
config.providers Names of providers that fill in values from elsewhere.
connection.failed.authentication.delay.ms Pause before a connection that failed to authenticate is closed.
connections.max.idle.ms Silence after which a connection is closed.
connections.max.reauth.ms Age at which an authenticated connection must authenticate again; 0 for never.
~controlled.shutdown.enable Whether a stop hands leadership over first.
controller.listener.names Names of listeners that carry the metadata of the cluster; clients are not served on them.
~controller.performance.always.log.threshold.ms Duration from which a controller event is logged.
~controller.performance.sample.period.ms Period over which controller events are summed up.
~controller.quorum.append.linger.ms How long the controller gathers records before it writes them.
controller.quorum.auto.join.enable Whether a new controller joins the voters by itself.
controller.quorum.bootstrap.servers Addresses at which a node finds the metadata quorum.
controller.quorum.election.backoff.max.ms Longest pause of a candidate before it tries again.
controller.quorum.election.timeout.ms How long a candidate waits for votes.
~controller.quorum.fetch.max.bytes Most metadata that one fetch of a follower carries.
~controller.quorum.fetch.snapshot.max.bytes Most of a metadata snapshot that one fetch carries.
controller.quorum.fetch.timeout.ms Silence of the metadata leader after which a follower stands for election.
controller.quorum.request.timeout.ms How long a request within the metadata quorum may take.
controller.quorum.retry.backoff.ms Pause before a failed request within the metadata quorum is sent again.
controller.quorum.voters The voters of the metadata quorum as id@host:port.
controller.quota.window.num Samples kept for the rate of changes to topics.
controller.quota.window.size.seconds Length of a sample of the rate of changes to topics.
~controller.socket.timeout.ms How long a request to the controller may take.
~cordoned.log.dirs Log directories that get no new replicas.
~create.topic.policy.class.name Class that may veto new topics.
default.replication.factor Replicas of a topic whose creator names no number.
delegation.token.expiry.check.interval.ms Pause between searches for expired delegation tokens.
delegation.token.expiry.time.ms Validity of a delegation token that is not renewed.
delegation.token.max.lifetime.ms Age beyond which a delegation token cannot be renewed.
delegation.token.secret.key Secret with which delegation tokens are made and checked.
~delete.records.purgatory.purge.interval.requests Requests after which waiting record deletions are swept.
delete.topic.enable Whether topics may be deleted.
~early.start.listeners Listeners that accept connections before authorization is ready.
~errors.deadletterqueue.auto.create.topics.enable Whether topics for undeliverable records are created when needed.
~errors.deadletterqueue.topic.name.prefix Beginning of the names of topics for undeliverable records.
fetch.max.bytes Most that one fetch is answered with, whatever the client asks for.
~fetch.purgatory.purge.interval.requests Requests after which waiting fetches are swept.
~follower.fetch.last.tiered.offset.enable Whether a new follower begins where tiered data ends.
group.consumer.assignment.interval.ms Shortest time between two assignments of a consumer group.
~group.consumer.assignor.offload.enable Whether assignments of consumer groups are computed beside the coordinator.
group.consumer.assignors Assignors of consumer groups, the first one is the default.
group.consumer.heartbeat.interval.ms Pause between heartbeats that members of a consumer group are told.
group.consumer.max.assignment.interval.ms Longest consumer.assignment.interval.ms that a group may have.
group.consumer.max.heartbeat.interval.ms Longest consumer.heartbeat.interval.ms that a group may have.
group.consumer.max.session.timeout.ms Longest consumer.session.timeout.ms that a group may have.
group.consumer.max.size Most members of a consumer group.
group.consumer.migration.policy Whether groups of the classic protocol turn into consumer groups and back.
group.consumer.min.assignment.interval.ms Shortest consumer.assignment.interval.ms that a group may have.
group.consumer.min.heartbeat.interval.ms Shortest consumer.heartbeat.interval.ms that a group may have.
group.consumer.min.session.timeout.ms Shortest consumer.session.timeout.ms that a group may have.
group.consumer.regex.refresh.interval.ms Pause before a pattern of topic names is matched again.
group.consumer.session.timeout.ms Silence after which a member of a consumer group is out.
~group.coordinator.append.linger.ms How long the group coordinator gathers records before it writes them.
~group.coordinator.background.threads Threads of the group coordinator for background work.
~group.coordinator.cached.buffer.max.bytes Largest write buffer that the group coordinator keeps.
group.coordinator.rebalance.protocols Kinds of groups that are served.
~group.coordinator.threads Threads of the group coordinator.
group.initial.rebalance.delay.ms How long a new group of the classic protocol waits for more members before its first rebalance.
group.max.session.timeout.ms Longest session timeout that a member of a classic group may ask for.
group.max.size Most members of a classic group.
group.min.session.timeout.ms Shortest session timeout that a member of a classic group may ask for.
group.share.assignment.interval.ms Shortest time between two assignments of a share group.
~group.share.assignor.offload.enable Whether assignments of share groups are computed beside the coordinator.
group.share.assignors Assignors of share groups.
group.share.delivery.count.limit How often a record is delivered to a share group before it is given up.
~group.share.dlq.manager.class.name Class that keeps undeliverable records of share groups.
group.share.heartbeat.interval.ms Pause between heartbeats that members of a share group are told.
group.share.initialize.retry.interval.ms Pause before the start of a share partition is tried again.
group.share.max.assignment.interval.ms Longest share.assignment.interval.ms that a group may have.
group.share.max.delivery.count.limit Largest share.delivery.count.limit that a group may have.
group.share.max.heartbeat.interval.ms Longest share.heartbeat.interval.ms that a group may have.
group.share.max.partition.max.record.locks Largest share.partition.max.record.locks that a group may have.
group.share.max.record.lock.duration.ms Longest share.record.lock.duration.ms that a group may have.
group.share.max.session.timeout.ms Longest share.session.timeout.ms that a group may have.
group.share.max.share.sessions Most share sessions of a broker.
group.share.max.size Most members of a share group.
group.share.min.assignment.interval.ms Shortest share.assignment.interval.ms that a group may have.
group.share.min.delivery.count.limit Smallest share.delivery.count.limit that a group may have.
group.share.min.heartbeat.interval.ms Shortest share.heartbeat.interval.ms that a group may have.
group.share.min.partition.max.record.locks Smallest share.partition.max.record.locks that a group may have.
group.share.min.record.lock.duration.ms Shortest share.record.lock.duration.ms that a group may have.
group.share.min.session.timeout.ms Shortest share.session.timeout.ms that a group may have.
group.share.partition.max.record.locks Most records of a partition that a share group may hold at a time.
~group.share.persister.class.name Class that keeps the state of share groups.
group.share.record.lock.duration.ms How long a member of a share group may hold a record.
group.share.session.timeout.ms Silence after which a member of a share group is out.
group.streams.acceptable.recovery.lag Records that a task may be behind and still count as caught up.
group.streams.assignment.interval.ms Shortest time between two assignments of a streams group.
~group.streams.assignor.offload.enable Whether assignments of streams groups are computed beside the coordinator.
group.streams.assignors Assignors of streams groups.
group.streams.heartbeat.interval.ms Pause between heartbeats that members of a streams group are told.
group.streams.initial.rebalance.delay.ms How long a new streams group waits for more members before its first assignment.
group.streams.max.assignment.interval.ms Longest streams.assignment.interval.ms that a group may have.
group.streams.max.heartbeat.interval.ms Longest streams.heartbeat.interval.ms that a group may have.
group.streams.max.session.timeout.ms Longest streams.session.timeout.ms that a group may have.
group.streams.max.size Most members of a streams group.
group.streams.max.standby.replicas Most standby replicas that a streams group may have.
group.streams.max.warmup.replicas Most warmup replicas that a streams group may have.
group.streams.min.assignment.interval.ms Shortest streams.assignment.interval.ms that a group may have.
group.streams.min.heartbeat.interval.ms Shortest streams.heartbeat.interval.ms that a group may have.
group.streams.min.session.timeout.ms Shortest streams.session.timeout.ms that a group may have.
group.streams.min.task.offset.interval.ms Shortest streams.task.offset.interval.ms that a group may have.
group.streams.num.standby.replicas Standby replicas of each stateful task.
group.streams.num.warmup.replicas Tasks that may be warmed up on another member at a time.
group.streams.rack.aware.assignment.tags Tags of members by which standby replicas are spread.
group.streams.session.timeout.ms Silence after which a member of a streams group is out.
group.streams.task.offset.interval.ms Pause between reports of task offsets by members of a streams group.
~group.streams.topology.description.plugin.class Class that describes topologies of streams groups.
~initial.broker.registration.timeout.ms How long a start waits for the first registration.
inter.broker.listener.name Name of the listener that brokers use among themselves.
~internal.metadata.delete.delay.millis Pause before old metadata files are removed.
~internal.metadata.log.segment.bytes Size of a metadata segment in tests of Kafka.
~internal.metadata.max.batch.size.in.bytes Largest metadata batch in tests of Kafka.
journal.bypass.bytes Pending bytes of one partition from which its batches skip the journal and go straight to their segment.
journal.file.bytes Size of a journal file.
journal.lazy.bytes Most bytes that are in the journal and not yet in their segments.
journal.recent.bytes Most bytes of large batches that are kept in memory for fetches; -1: a sixteenth of the memory, at most 1 GiB.
~kafka.metrics.polling.interval.secs Pause between polls of metric reporters.
~kafka.metrics.reporters Classes that report metrics.
leader.imbalance.check.interval.seconds Pause between searches for leaders that are not the preferred ones.
listener.security.protocol.map Security protocol of each listener name.
listeners Addresses that are listened on, as NAME://host:port.
log.cleaner.backoff.ms Pause of a cleaner that finds nothing to compact.
log.cleaner.dedupe.buffer.size Memory for the keys of logs under compaction.
log.cleaner.enable Whether compacted topics are compacted.
log.cleaner.io.buffer.load.factor How full the memory for keys may become.
log.cleaner.io.buffer.size Memory for reads and writes of compaction.
log.cleaner.io.max.bytes.per.second Most bytes that compaction reads and writes in a second.
~log.cleaner.threads Threads for compaction.
log.dir Data directory, where log.dirs is not set.
~log.dir.failure.timeout.ms How long a broker goes on with a failed directory that the controller does not know of.
log.dirs The data directory.
~log.flush.offset.checkpoint.interval.ms Pause between records of how far logs are flushed.
~log.flush.scheduler.interval.ms Pause between searches for logs to flush.
~log.flush.start.offset.checkpoint.interval.ms Pause between records of where logs begin.
~log.initial.task.delay.ms Pause after a start before logs are tended.
~log.remote.copy.lag.bytes Bytes that stay local before tiered storage copies them.
~log.remote.copy.lag.ms Time that data stays local before tiered storage copies it.
log.retention.check.interval.ms Pause between searches for segments that may be dropped.
log.retention.hours Hours that data is kept for, where neither log.retention.minutes nor log.retention.ms is set.
log.retention.minutes Minutes that data is kept for, where log.retention.ms is not set.
log.roll.hours Age in hours at which a segment is closed, where log.roll.ms is not set.
log.roll.jitter.hours Hours taken off at random from log.roll.hours, where log.roll.jitter.ms is not set.
~max.connection.creation.rate Most new connections in a second.
max.connections Most connections of this broker at a time.
max.connections.per.ip Most connections from one address at a time.
max.connections.per.ip.overrides Other bounds for single addresses, as address:count.
max.decompressed.message.bytes Most that a compressed batch may decompress to.
max.describe.configs.entries Most settings that are looked at for one request that describes settings.
max.incremental.fetch.session.cache.slots Most fetch sessions that are remembered.
max.incremental.fetch.session.partitions Most partitions that all remembered fetch sessions have together.
max.request.partition.size.limit Most partitions that one answer about topic partitions lists.
~metadata.log.dir Directory of the metadata log, where it is not the data directory.
metadata.log.max.record.bytes.between.snapshots Bytes of new metadata from which a snapshot is taken.
metadata.log.max.snapshot.interval.ms Longest time between two metadata snapshots.
~metadata.log.segment.bytes Size of a segment of the metadata log.
~metadata.log.segment.ms Age at which a segment of the metadata log is closed.
~metadata.max.idle.interval.ms Pause after which the controller writes an empty record to a metadata log at rest.
~metadata.max.retention.bytes Size beyond which old metadata may be dropped.
~metadata.max.retention.ms Age beyond which old metadata may be dropped.
~metric.reporters Classes that report metrics.
~metrics.num.samples Samples kept for a metric.
~metrics.recording.level Level of detail of metrics.
~metrics.sample.window.ms Length of a sample of a metric.
node.id Number of this node, unlike that of any other node of the cluster.
~num.io.threads Threads that serve requests.
~num.network.threads Threads that read and write sockets.
num.partitions Partitions of a topic whose creator names no number.
~num.recovery.threads.per.data.dir Threads that recover logs at a start.
~num.replica.alter.log.dirs.threads Threads that move replicas between directories.
~num.replica.fetchers Threads that copy from each other broker.
offset.metadata.max.bytes Longest text that may go with a committed offset.
offsets.commit.timeout.ms How long a commit of offsets may take.
~offsets.load.buffer.size Bytes of committed offsets that are read at a time when a coordinator starts.
offsets.retention.check.interval.ms Pause between searches for offsets that may be forgotten.
offsets.retention.minutes How long offsets of a group without members are kept.
offsets.topic.compression.codec Codec of the records of committed offsets.
offsets.topic.num.partitions Partitions of the topic of committed offsets when it is created.
offsets.topic.replication.factor Replicas of the topic of committed offsets, or as many as there are brokers.
offsets.topic.segment.bytes Segment size of the topic of committed offsets.
principal.builder.class Class that tells who a connection belongs to.
process.roles Roles of this node; it is both broker and controller.
producer.id.expiration.check.interval.ms Pause between searches for producers that may be forgotten.
producer.id.expiration.ms Silence after which an idempotent producer is forgotten.
~producer.purgatory.purge.interval.requests Requests after which waiting produces are swept.
queued.max.request.bytes Bytes of requests that are served at a time; -1 leaves it to queued.request.bytes.
queued.max.requests Requests of one connection that are read ahead.
queued.request.bytes Bytes of requests that are served at a time; beyond it sockets are not read.
quota.window.num Samples kept for the rates of clients.
quota.window.size.seconds Length of a sample of the rates of clients.
~remote.fetch.max.wait.ms How long a fetch waits for tiered storage.
~remote.list.offsets.request.timeout.ms How long a search for offsets waits for tiered storage.
~remote.log.index.file.cache.total.size.bytes Space for indexes of tiered segments.
~remote.log.index.file.cache.ttl.ms Age of unused indexes of tiered segments.
~remote.log.manager.copier.thread.pool.size Threads that copy to tiered storage.
~remote.log.manager.copy.max.bytes.per.second Most bytes copied to tiered storage in a second.
~remote.log.manager.copy.quota.window.num Samples kept for the rate of copies to tiered storage.
~remote.log.manager.copy.quota.window.size.seconds Length of a sample of that rate.
~remote.log.manager.expiration.thread.pool.size Threads that drop tiered segments.
~remote.log.manager.fetch.max.bytes.per.second Most bytes read from tiered storage in a second.
~remote.log.manager.fetch.quota.window.num Samples kept for the rate of reads from tiered storage.
~remote.log.manager.fetch.quota.window.size.seconds Length of a sample of that rate.
~remote.log.manager.follower.thread.pool.size Threads that follow tiered partitions.
~remote.log.manager.task.interval.ms Pause between rounds of tiered storage.
~remote.log.manager.task.retry.backoff.max.ms Longest pause after a failed round of tiered storage.
~remote.log.manager.task.retry.backoff.ms First pause after a failed round of tiered storage.
~remote.log.manager.task.retry.jitter Randomness of the pauses after failed rounds of tiered storage.
~remote.log.manager.thread.pool.size Threads of tiered storage.
~remote.log.metadata.custom.metadata.max.bytes Most bytes that a tiered storage plug-in may attach to a segment.
~remote.log.metadata.manager.class.name Class that keeps the metadata of tiered segments.
~remote.log.metadata.manager.class.path Where that class is found.
~remote.log.metadata.manager.impl.prefix Beginning of the keys that class is given.
~remote.log.metadata.manager.listener.name Listener that class connects to.
~remote.log.reader.max.pending.tasks Most reads that wait for tiered storage.
~remote.log.reader.threads Threads that read from tiered storage.
~remote.log.storage.manager.class.name Class that stores tiered segments.
~remote.log.storage.manager.class.path Where that class is found.
~remote.log.storage.manager.impl.prefix Beginning of the keys that class is given.
~remote.log.storage.system.enable Tiered storage, which is not served.
~replica.fetch.backoff.ms Pause of a follower after a failed fetch.
~replica.fetch.max.bytes Bytes that a follower asks for per partition.
~replica.fetch.min.bytes Bytes that a follower waits for.
~replica.fetch.response.max.bytes Bytes that a follower asks for in all.
~replica.fetch.wait.max.ms How long a follower waits for new data.
~replica.high.watermark.checkpoint.interval.ms Pause between records of high watermarks.
~replica.lag.time.max.ms Lag beyond which a follower is out of sync.
replica.selector.class Class that picks the replica a consumer reads from; null for the leader.
~replica.socket.receive.buffer.bytes Receive buffer of connections between brokers.
~replica.socket.timeout.ms How long a request between brokers may take.
replication.factor.clamp Whether a topic that asks for more replicas than there are brokers gets what there is.
~replication.quota.window.num Samples kept for the rate of replication.
~replication.quota.window.size.seconds Length of a sample of the rate of replication.
~request.timeout.ms How long a request between nodes may take.
sasl.client.callback.handler.class Class that supplies credentials to the broker as a client.
sasl.enabled.mechanisms SASL mechanisms that clients may use.
sasl.jaas.config Login settings of a listener, in JAAS form.
~sasl.kerberos.kinit.cmd Path of the kinit command.
~sasl.kerberos.min.time.before.relogin Shortest time between two Kerberos logins.
~sasl.kerberos.principal.to.local.rules Rules that turn Kerberos principals into short names.
~sasl.kerberos.service.name Kerberos principal of the broker.
~sasl.kerberos.ticket.renew.jitter Randomness of the time of ticket renewal.
~sasl.kerberos.ticket.renew.window.factor Part of a ticket's life after which it is renewed.
~sasl.login.callback.handler.class Class that handles a login.
~sasl.login.class Class that logs in.
~sasl.login.connect.timeout.ms How long the connection to an identity provider may take.
~sasl.login.read.timeout.ms How long an answer of an identity provider may take.
~sasl.login.refresh.buffer.seconds Time before its end at which a credential is renewed at the latest.
~sasl.login.refresh.min.period.seconds Shortest time before a credential is renewed.
~sasl.login.refresh.window.factor Part of a credential's life after which it is renewed.
~sasl.login.refresh.window.jitter Randomness of the time of renewal.
~sasl.login.retry.backoff.max.ms Longest pause between attempts to log in.
~sasl.login.retry.backoff.ms First pause between attempts to log in.
sasl.mechanism.controller.protocol SASL mechanism on controller listeners.
sasl.mechanism.inter.broker.protocol SASL mechanism between brokers.
~sasl.oauthbearer.allow.unverified.audience Whether tokens without a known audience are taken.
~sasl.oauthbearer.allow.unverified.issuer Whether tokens without a known issuer are taken.
~sasl.oauthbearer.assertion.algorithm Algorithm that signs assertions.
~sasl.oauthbearer.assertion.claim.aud Audience that assertions claim.
~sasl.oauthbearer.assertion.claim.exp.seconds Seconds until assertions expire.
~sasl.oauthbearer.assertion.claim.iss Issuer that assertions claim.
~sasl.oauthbearer.assertion.claim.jti.include Whether assertions carry an id.
~sasl.oauthbearer.assertion.claim.nbf.seconds Seconds by which assertions are valid before they are made.
~sasl.oauthbearer.assertion.claim.sub Subject that assertions claim.
~sasl.oauthbearer.assertion.file File with a ready assertion.
~sasl.oauthbearer.assertion.private.key.file File with the key that signs assertions.
~sasl.oauthbearer.assertion.private.key.passphrase Passphrase of that key.
~sasl.oauthbearer.assertion.template.file File with fixed parts of assertions.
~sasl.oauthbearer.client.credentials.client.id Name under which the broker asks for tokens.
~sasl.oauthbearer.client.credentials.client.secret Secret that goes with that name.
sasl.oauthbearer.clock.skew.seconds Difference of clocks that is borne when tokens are checked.
sasl.oauthbearer.expected.audience Audiences of which a token must name one.
sasl.oauthbearer.expected.issuer Issuer that a token must name.
sasl.oauthbearer.jwks.endpoint.refresh.ms Pause between reads of the keys of the identity provider.
~sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms Longest pause between attempts to read those keys.
~sasl.oauthbearer.jwks.endpoint.retry.backoff.ms First pause between attempts to read those keys.
sasl.oauthbearer.jwks.endpoint.url Where the keys of the identity provider are.
~sasl.oauthbearer.jwt.retriever.class Class that fetches tokens.
~sasl.oauthbearer.jwt.validator.class Class that checks tokens.
~sasl.oauthbearer.scope Scope that the broker asks for.
sasl.oauthbearer.scope.claim.name Claim of a token that holds its scope.
sasl.oauthbearer.sub.claim.name Claim of a token that holds its subject.
~sasl.oauthbearer.token.endpoint.url Where tokens are issued.
sasl.server.callback.handler.class Class that checks credentials of clients.
sasl.server.max.receive.size Largest message of a client before it is authenticated.
security.inter.broker.protocol Security protocol between brokers.
~security.providers Classes that supply cryptography.
~server.max.startup.time.ms How long a start may take.
~share.coordinator.append.linger.ms How long the share coordinator gathers records before it writes them.
~share.coordinator.cached.buffer.max.bytes Largest write buffer that the share coordinator keeps.
share.coordinator.cold.partition.snapshot.interval.ms Pause between snapshots of share partitions at rest.
~share.coordinator.load.buffer.size Bytes of share state that are read at a time when a coordinator starts.
share.coordinator.snapshot.update.records.per.snapshot Updates between two snapshots of a share partition.
share.coordinator.state.topic.compression.codec Codec of the records of share state.
share.coordinator.state.topic.min.isr Durable copies that records of share state need.
share.coordinator.state.topic.num.partitions Partitions of the topic of share state when it is created.
share.coordinator.state.topic.prune.interval.ms Pause between removals of old share state.
share.coordinator.state.topic.replication.factor Replicas of the topic of share state, or as many as there are brokers.
share.coordinator.state.topic.segment.bytes Segment size of the topic of share state.
~share.coordinator.threads Threads of the share coordinator.
share.coordinator.write.timeout.ms How long a write of share state may take.
~share.fetch.purgatory.purge.interval.requests Requests after which waiting share fetches are swept.
~socket.connection.setup.timeout.max.ms Longest time for a connection between nodes to stand.
~socket.connection.setup.timeout.ms First time for a connection between nodes to stand.
~socket.listen.backlog.size Connections that may wait to be accepted.
~socket.receive.buffer.bytes Receive buffer of client connections; -1 leaves it to the system.
socket.request.max.bytes Largest request that is read.
~socket.send.buffer.bytes Send buffer of client connections; -1 leaves it to the system.
ssl.allow.dn.changes Whether a new certificate may have another distinguished name.
ssl.allow.san.changes Whether a new certificate may have other alternative names.
ssl.cipher.suites Cipher suites that may be agreed on.
ssl.client.auth Whether clients must, may or need not show a certificate.
ssl.enabled.protocols TLS versions that may be agreed on.
ssl.endpoint.identification.algorithm How host names are checked against certificates.
~ssl.engine.factory.class Class that makes TLS engines.
ssl.key.password Passphrase of the private key.
~ssl.keymanager.algorithm Algorithm of the key manager.
ssl.keystore.certificate.chain Certificate chain, as PEM text.
ssl.keystore.key Private key, as PEM text.
ssl.keystore.location File with the private key and certificate.
ssl.keystore.password Password of that file.
ssl.keystore.type Form of that file.
ssl.principal.mapping.rules Rules that turn names of certificates into names of users.
ssl.protocol TLS version to begin with.
~ssl.provider Supplier of TLS.
~ssl.secure.random.implementation Source of randomness for TLS.
~ssl.trustmanager.algorithm Algorithm of the trust manager.
ssl.truststore.certificates Trusted certificates, as PEM text.
ssl.truststore.location File with trusted certificates.
ssl.truststore.password Password of that file.
ssl.truststore.type Form of that file.
telemetry.max.bytes Largest report of metrics that is taken from a client.
transaction.abort.timed.out.transaction.cleanup.interval.ms Pause between searches for transactions that took too long.
transaction.max.timeout.ms Longest transaction timeout that a producer may ask for.
transaction.partition.verification.enable Whether transactional batches are checked against their coordinator.
transaction.remove.expired.transaction.cleanup.interval.ms Pause between searches for transactional ids that may be forgotten.
~transaction.state.log.load.buffer.size Bytes of transaction state that are read at a time when a coordinator starts.
transaction.state.log.min.isr Durable copies that records of transaction state need.
transaction.state.log.num.partitions Partitions of the topic of transaction state when it is created.
transaction.state.log.replication.factor Replicas of the topic of transaction state, or as many as there are brokers.
transaction.state.log.segment.bytes Segment size of the topic of transaction state.
~transaction.two.phase.commit.enable Whether producers may take part in two-phase commits.
transactional.id.expiration.ms Silence after which a transactional id is forgotten.
~unclean.leader.election.interval.ms Pause between searches for partitions that need an unclean leader.
~unstable.api.versions.enable Whether versions under development are offered.
~unstable.feature.versions.enable Whether feature levels under development may be used.
~leader.replication.throttled.rate Bytes in a second that throttled leaders may send during a reassignment.
~follower.replication.throttled.rate Bytes in a second that throttled followers may take during a reassignment.
~replica.alter.log.dirs.io.max.bytes.per.second Bytes in a second that moves between log directories may take.
`;

const WITHOUT_EFFECT = ' Accepted and reported, without effect here.';

/** Sentences by key. */
export function brokerKeyTexts(): ReadonlyMap<string, string> {
  const byKey = new Map<string, string>();
  for (const line of texts.split('\n')) {
    const blank = line.indexOf(' ');
    if (blank < 0) continue;
    const isInert = line.startsWith('~');
    byKey.set(line.slice(isInert ? 1 : 0, blank), line.slice(blank + 1) + (isInert ? WITHOUT_EFFECT : ''));
  }
  return byKey;
}
