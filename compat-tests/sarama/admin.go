package main

import (
	"context"
	"errors"

	"github.com/IBM/sarama"
)

func (s *suite) groupAdmin(ctx context.Context) error {
	topic, err := s.create(ctx, "group-admin", 2, nil)
	if err != nil {
		return err
	}
	if err := s.spread(topic, 2, 0, 10); err != nil {
		return err
	}
	m, err := s.join(ctx, topic, topic, nil)
	if err != nil {
		return err
	}
	if err := until(ctx, "20 records", func() bool { return m.count() == 20 }); err != nil {
		return err
	}
	listed, err := s.admin.ListConsumerGroups()
	if err != nil {
		return err
	}
	described, err := s.admin.DescribeConsumerGroups([]string{topic})
	if err != nil {
		return err
	}
	group := described[0]
	if err := errors.Join(
		check(listed[topic] == "consumer", "listed as %q", listed[topic]),
		check(group.State == "Stable" && group.Protocol == "range" && len(group.Members) == 1, "%s, %s, %d members", group.State, group.Protocol, len(group.Members)),
		refusedWith(s.admin.DeleteConsumerGroup(topic), sarama.ErrNonEmptyGroup),
	); err != nil {
		return err
	}
	for _, one := range group.Members {
		assignment, err := one.GetMemberAssignment()
		if err != nil {
			return err
		}
		if err := check(len(assignment.Topics[topic]) == 2, "assigned %v", assignment.Topics); err != nil {
			return err
		}
	}
	if err := m.leave(); err != nil {
		return err
	}
	altered, err := s.admin.AlterConsumerGroupOffsets(topic, map[string]map[int32]sarama.OffsetAndMetadata{topic: {0: {Offset: 4, LeaderEpoch: -1}}}, nil)
	if err != nil {
		return err
	}
	if code := altered.Errors[topic][0]; code != sarama.ErrNoError {
		return code
	}
	offsets, err := s.admin.ListConsumerGroupOffsets(topic, map[string][]int32{topic: {0, 1}})
	if err != nil {
		return err
	}
	if err := check(offsets.GetBlock(topic, 0).Offset == 4 && offsets.GetBlock(topic, 1).Offset == 10, "offsets %v", offsets.Blocks); err != nil {
		return err
	}
	if err := errors.Join(
		s.admin.DeleteConsumerGroupOffset(topic, topic, 1),
		s.admin.DeleteConsumerGroup(topic),
		refusedWith(s.admin.DeleteConsumerGroup(topic), sarama.ErrGroupIDNotFound),
	); err != nil {
		return err
	}
	after, err := s.admin.ListConsumerGroups()
	return errors.Join(err, check(after[topic] == "", "still listed"))
}

func (s *suite) topics(ctx context.Context) error {
	topic, err := s.create(ctx, "topics", 3, map[string]string{"retention.ms": "1000000"})
	if err != nil {
		return err
	}
	listed, err := s.admin.ListTopics()
	if err != nil {
		return err
	}
	found, there := listed[topic]
	if err := errors.Join(
		check(there && found.NumPartitions == 3, "listed: %v", found),
		check(there && found.ConfigEntries["retention.ms"] != nil && *found.ConfigEntries["retention.ms"] == "1000000", "configs: %v", found.ConfigEntries),
		refusedWith(s.admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false), sarama.ErrTopicAlreadyExists),
		refusedWith(s.admin.CreateTopic("not a name", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false), sarama.ErrInvalidTopic),
		s.admin.DeleteTopic(topic),
	); err != nil {
		return err
	}
	return until(ctx, "the topic is gone", func() bool {
		after, err := s.admin.ListTopics()
		_, there := after[topic]
		return err == nil && !there
	})
}

func (s *suite) grows(ctx context.Context) error {
	topic, err := s.create(ctx, "grows", 1, nil)
	if err != nil {
		return err
	}
	if err := s.admin.CreatePartitions(topic, 3, nil, false); err != nil {
		return err
	}
	err = until(ctx, "three partitions", func() bool {
		described, err := s.admin.DescribeTopics([]string{topic})
		return err == nil && len(described[0].Partitions) == 3
	})
	return errors.Join(err, refusedWith(s.admin.CreatePartitions(topic, 2, nil, false), sarama.ErrInvalidPartitions))
}

func (s *suite) configs(ctx context.Context) error {
	topic, err := s.create(ctx, "configs", 1, nil)
	if err != nil {
		return err
	}
	value := func() string {
		entries, err := s.admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms"}})
		if err != nil || len(entries) != 1 {
			return ""
		}
		return entries[0].Value
	}
	if err := check(value() == "604800000", "retention.ms is %q", value()); err != nil {
		return err
	}
	wanted, soon := "2000000", "soon"
	change := func(value *string) map[string]sarama.IncrementalAlterConfigsEntry {
		return map[string]sarama.IncrementalAlterConfigsEntry{"retention.ms": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: value}}
	}
	if err := s.admin.IncrementalAlterConfig(sarama.TopicResource, topic, change(&wanted), false); err != nil {
		return err
	}
	if err := until(ctx, "the new value", func() bool { return value() == wanted }); err != nil {
		return err
	}
	if err := s.admin.AlterConfig(sarama.TopicResource, topic, map[string]*string{}, false); err != nil {
		return err
	}
	if err := until(ctx, "the default again", func() bool { return value() == "604800000" }); err != nil {
		return err
	}
	return refusedWith(s.admin.IncrementalAlterConfig(sarama.TopicResource, topic, change(&soon), false), sarama.ErrInvalidConfig)
}

func (s *suite) rest(ctx context.Context) error {
	topic, err := s.create(ctx, "rest", 1, nil)
	if err != nil {
		return err
	}
	if err := s.spread(topic, 1, 0, 50); err != nil {
		return err
	}
	if err := s.admin.DeleteRecords(topic, map[int32]int64{0: 20}); err != nil {
		return err
	}
	messages, err := s.read(ctx, topic, 0, sarama.OffsetOldest, 30)
	if err := errors.Join(err, verify(messages, 20)); err != nil {
		return err
	}
	brokers, controller, err := s.admin.DescribeCluster()
	if err != nil {
		return err
	}
	known := false
	var ids []int32
	for _, broker := range brokers {
		ids = append(ids, broker.ID())
		known = known || broker.ID() == controller
	}
	folders, err := s.admin.DescribeLogDirs(ids)
	if err != nil {
		return err
	}
	size := int64(0)
	for _, found := range folders {
		for _, folder := range found {
			for _, one := range folder.Topics {
				for _, partition := range one.Partitions {
					if one.Topic == topic {
						size += partition.Size
					}
				}
			}
		}
	}
	elected, err := s.admin.ElectLeaders(sarama.PreferredElection, map[string][]int32{topic: {0}})
	return errors.Join(
		err,
		check(known, "controller %d is not among %v", controller, ids),
		check(size > 0, "the log has no size"),
		check(elected[topic][0] != nil && elected[topic][0].ErrorCode == sarama.ErrElectionNotNeeded, "election: %v", elected),
	)
}
