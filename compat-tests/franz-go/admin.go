package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func (s *suite) listOffsets(ctx context.Context) error {
	topic, err := s.create(ctx, "offsets", 1, nil)
	if err != nil {
		return err
	}
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	base := time.UnixMilli(1_700_000_000_000)
	for _, codec := range []int{0, 1} {
		records := numbered(topic, 0, codec*50, 50)
		for at, record := range records {
			record.Timestamp = base.Add(time.Duration(codec*50+at) * time.Second)
		}
		if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
			return err
		}
	}
	ask := func(name string, want int64, list func() (kadm.ListedOffsets, error)) error {
		listed, err := list()
		if err != nil {
			return err
		}
		offset, _ := listed.Lookup(topic, 0)
		return check(offset.Err == nil && offset.Offset == want, "%s: %d (%v), want %d", name, offset.Offset, offset.Err, want)
	}
	after := func(millis int64) func() (kadm.ListedOffsets, error) {
		return func() (kadm.ListedOffsets, error) {
			return s.admin.ListOffsetsAfterMilli(ctx, base.UnixMilli()+millis, topic)
		}
	}
	return errors.Join(
		ask("start", 0, func() (kadm.ListedOffsets, error) { return s.admin.ListStartOffsets(ctx, topic) }),
		ask("end", 100, func() (kadm.ListedOffsets, error) { return s.admin.ListEndOffsets(ctx, topic) }),
		ask("committed", 100, func() (kadm.ListedOffsets, error) { return s.admin.ListCommittedOffsets(ctx, topic) }),
		ask("max timestamp", 99, func() (kadm.ListedOffsets, error) { return s.admin.ListMaxTimestampOffsets(ctx, topic) }),
		ask("exact time", 42, after(42_000)),
		ask("between", 43, after(42_001)),
		ask("after all", 100, after(1_000_000_000)),
	)
}

func (s *suite) leaderEpoch(ctx context.Context) error {
	topic, err := s.filled(ctx, "epoch", 30)
	if err != nil {
		return err
	}
	records, err := s.readOne(ctx, topic, kgo.NewOffset().AtStart(), 30)
	if err != nil {
		return err
	}
	epoch := records[29].LeaderEpoch
	if epoch < 0 {
		return fmt.Errorf("records carry leader epoch %d", epoch)
	}
	request := kadm.OffsetForLeaderEpochRequest{}
	request.Add(topic, 0, epoch)
	answers, err := s.admin.OffsetForLeaderEpoch(ctx, request)
	if err != nil {
		return err
	}
	answer := answers[topic][0]
	return check(answer.Err == nil && answer.EndOffset == 30 && answer.LeaderEpoch == epoch, "%+v", answer)
}

func (s *suite) createRefusals(ctx context.Context) error {
	topic, err := s.create(ctx, "twice", 1, nil)
	if err != nil {
		return err
	}
	fresh := s.prefix + "-refused"
	one := func(want error, partitions int32, replicas int16, configs map[string]*string, name string) error {
		_, err := s.admin.CreateTopic(ctx, partitions, replicas, configs, name)
		return check(errors.Is(err, want), "%s: got %v, want %v", name, err, want)
	}
	return errors.Join(
		one(kerr.TopicAlreadyExists, 1, 1, nil, topic),
		one(kerr.InvalidTopicException, 1, 1, nil, "not a name"),
		one(kerr.InvalidTopicException, 1, 1, nil, ".."),
		one(kerr.InvalidPartitions, 0, 1, nil, fresh),
		one(kerr.InvalidReplicationFactor, 1, 99, nil, fresh),
		one(kerr.InvalidConfig, 1, 1, map[string]*string{"no.such.key": kadm.StringPtr("1")}, fresh),
	)
}

// list asks with a client of its own: another would answer from what it has asked a moment ago.
func (s *suite) list(ctx context.Context, topics ...string) (kadm.TopicDetails, error) {
	client, err := s.client(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return kadm.NewClient(client).ListTopics(ctx, topics...)
}

func (s *suite) listAndDelete(ctx context.Context) error {
	topic, err := s.filled(ctx, "listed", 20)
	if err != nil {
		return err
	}
	details, err := s.list(ctx)
	if err != nil {
		return err
	}
	before, ok := details[topic]
	if !ok || len(before.Partitions) != 1 || before.ID == (kadm.TopicID{}) {
		return fmt.Errorf("listed as %+v", before)
	}
	if _, err := s.admin.DeleteTopic(ctx, topic); err != nil {
		return err
	}
	if details, err = s.list(ctx); err != nil {
		return err
	}
	if _, still := details[topic]; still {
		return errors.New("still listed after its deletion")
	}
	if _, err := s.admin.DeleteTopic(ctx, topic); !errors.Is(err, kerr.UnknownTopicOrPartition) {
		return fmt.Errorf("deleted twice: %v", err)
	}
	if _, err := s.filled(ctx, "listed", 10); err != nil {
		return err
	}
	if details, err = s.list(ctx, topic); err != nil {
		return err
	}
	if details[topic].ID == before.ID {
		return errors.New("the recreated topic has the id of the deleted one")
	}
	records, err := s.readOne(ctx, topic, kgo.NewOffset().AtStart(), 10)
	if err != nil {
		return err
	}
	return verify(records, 0, 10)
}

func (s *suite) describeConfigs(ctx context.Context) error {
	topic, err := s.create(ctx, "configs", 1, map[string]string{"retention.ms": "86400000"})
	if err != nil {
		return err
	}
	configs, err := s.admin.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return err
	}
	one, err := configs.On(topic, nil)
	if err != nil || one.Err != nil {
		return errors.Join(err, one.Err)
	}
	values := make(map[string]string)
	for _, config := range one.Configs {
		values[config.Key] = fmt.Sprintf("%s from %s", config.MaybeValue(), config.Source)
	}
	got := values["retention.ms"] + "; " + values["cleanup.policy"]
	return check(got == "86400000 from DYNAMIC_TOPIC_CONFIG; delete from DEFAULT_CONFIG", "%s", got)
}

func (s *suite) brokers(ctx context.Context) error {
	metadata, err := s.admin.BrokerMetadata(ctx)
	if err != nil {
		return err
	}
	if len(metadata.Brokers) == 0 || metadata.Cluster == "" {
		return fmt.Errorf("%+v", metadata)
	}
	versions, err := s.admin.ApiVersions(ctx)
	if err != nil {
		return err
	}
	for _, broker := range metadata.Brokers {
		served := versions[broker.NodeID]
		low, lowOk := served.KeyMinVersion(0)
		high, highOk := served.KeyMaxVersion(0)
		if !lowOk || !highOk || low != 0 || high < 12 {
			return fmt.Errorf("Produce is served from %d to %d", low, high)
		}
	}
	return nil
}
