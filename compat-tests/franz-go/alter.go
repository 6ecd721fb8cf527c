package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func (s *suite) alterConfigs(ctx context.Context) error {
	topic, err := s.create(ctx, "alter", 1, map[string]string{"retention.ms": "1000000"})
	if err != nil {
		return err
	}
	value := func(key string) string {
		described, err := s.admin.DescribeTopicConfigs(ctx, topic)
		if err != nil {
			return err.Error()
		}
		config, _ := described.On(topic, nil)
		for _, entry := range config.Configs {
			if entry.Key == key && entry.Value != nil {
				return *entry.Value
			}
		}
		return ""
	}
	alter := func(changes ...kadm.AlterConfig) error {
		responses, err := s.admin.AlterTopicConfigs(ctx, changes, topic)
		if err != nil {
			return err
		}
		return responses[0].Err
	}
	if err := alter(
		kadm.AlterConfig{Op: kadm.SetConfig, Name: "segment.ms", Value: kadm.StringPtr("600000")},
		kadm.AlterConfig{Op: kadm.AppendConfig, Name: "cleanup.policy", Value: kadm.StringPtr("compact")},
		kadm.AlterConfig{Op: kadm.DeleteConfig, Name: "retention.ms"},
	); err != nil {
		return err
	}
	for key, want := range map[string]string{"segment.ms": "600000", "cleanup.policy": "delete,compact", "retention.ms": "604800000"} {
		if err := until(ctx, fmt.Sprintf("%s is %s", key, want), func() bool { return value(key) == want }); err != nil {
			return err
		}
	}
	refused := alter(kadm.AlterConfig{Op: kadm.SetConfig, Name: "segment.ms", Value: kadm.StringPtr("soon")})
	return check(errors.Is(refused, kerr.InvalidConfig), "a bad value: %v", refused)
}

func (s *suite) growTopic(ctx context.Context) error {
	topic, err := s.create(ctx, "grow", 1, nil)
	if err != nil {
		return err
	}
	grown, err := s.admin.UpdatePartitions(ctx, 3, topic)
	if err != nil {
		return err
	}
	if err := grown.Error(); err != nil {
		return err
	}
	if err := s.spread(ctx, topic, 3, 0, 10); err != nil {
		return err
	}
	fewer, err := s.admin.UpdatePartitions(ctx, 2, topic)
	if err != nil {
		return err
	}
	return check(errors.Is(fewer.Error(), kerr.InvalidPartitions), "fewer: %v", fewer.Error())
}

func (s *suite) deleteRecords(ctx context.Context) error {
	topic, err := s.filled(ctx, "delete-records", 50)
	if err != nil {
		return err
	}
	upTo := kadm.Offsets{}
	upTo.AddOffset(topic, 0, 25, -1)
	deleted, err := s.admin.DeleteRecords(ctx, upTo)
	if err != nil {
		return err
	}
	low, _ := deleted.Lookup(topic, 0)
	records, err := s.readOne(ctx, topic, kgo.NewOffset().AtStart(), 25)
	if err != nil {
		return err
	}
	return errors.Join(
		deleted.Error(),
		check(low.LowWatermark == 25, "low watermark %d", low.LowWatermark),
		verify(records, 25, 25),
	)
}

func (s *suite) logDirs(ctx context.Context) error {
	topic, err := s.filled(ctx, "log-dirs", 50)
	if err != nil {
		return err
	}
	set := kadm.TopicsSet{}
	set.Add(topic, 0)
	described, err := s.admin.DescribeAllLogDirs(ctx, set)
	if err != nil {
		return err
	}
	size, failed := int64(0), error(nil)
	described.Each(func(directory kadm.DescribedLogDir) {
		failed = errors.Join(failed, directory.Err)
		directory.Topics.Each(func(partition kadm.DescribedLogDirPartition) {
			size += partition.Size
		})
	})
	return errors.Join(failed, check(size > 50*20, "%d bytes", size))
}
