package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// filled creates a topic of one partition that holds count numbered records in batches of 10.
func (s *suite) filled(ctx context.Context, name string, count int) (string, error) {
	topic, err := s.create(ctx, name, 1, nil)
	if err != nil {
		return topic, err
	}
	return topic, s.fill(ctx, topic, 0, count)
}

func (s *suite) fill(ctx context.Context, topic string, from, count int) error {
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	for at := from; at < from+count; at += 10 {
		size := min(10, from+count-at)
		if err := client.ProduceSync(ctx, numbered(topic, 0, at, size)...).FirstErr(); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) fromOffset(ctx context.Context) error {
	topic, err := s.filled(ctx, "from-offset", 100)
	if err != nil {
		return err
	}
	for _, start := range []struct {
		offset kgo.Offset
		first  int
	}{
		{kgo.NewOffset().At(57), 57},
		{kgo.NewOffset().AtEnd().Relative(-5), 95},
		{kgo.NewOffset().AtStart().Relative(3), 3},
	} {
		records, err := s.readOne(ctx, topic, start.offset, 100-start.first)
		if err != nil {
			return err
		}
		if err := verify(records, start.first, 100-start.first); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) fromTimestamp(ctx context.Context) error {
	topic, err := s.create(ctx, "from-time", 1, nil)
	if err != nil {
		return err
	}
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	base := time.UnixMilli(1_700_000_000_000)
	records := numbered(topic, 0, 0, 100)
	for at, record := range records {
		record.Timestamp = base.Add(time.Duration(at) * time.Second)
	}
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return err
	}
	read, err := s.readOne(ctx, topic, kgo.NewOffset().AfterMilli(base.UnixMilli()+41_500), 58)
	if err != nil {
		return err
	}
	return verify(read, 42, 58)
}

func (s *suite) tail(ctx context.Context) error {
	topic, err := s.filled(ctx, "tail", 20)
	if err != nil {
		return err
	}
	client, err := s.client(ctx, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(20)}}))
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- s.fill(ctx, topic, 20, 1) }()
	fetches := client.PollFetches(ctx)
	if err := errors.Join(fetches.Err(), <-failed); err != nil {
		return err
	}
	return verify(fetches.Records(), 20, 1)
}

func (s *suite) smallFetches(ctx context.Context) error {
	topic, err := s.filled(ctx, "small", 200)
	if err != nil {
		return err
	}
	records, err := s.readOne(ctx, topic, kgo.NewOffset().AtStart(), 200, kgo.FetchMaxBytes(100), kgo.FetchMaxPartitionBytes(100))
	if err != nil {
		return err
	}
	return verify(records, 0, 200)
}

func (s *suite) sessions(ctx context.Context) error {
	from, counts := make(map[place]kgo.Offset), make(map[place]int)
	for at := range 5 {
		topic, err := s.filled(ctx, fmt.Sprintf("session-%d", at), 100)
		if err != nil {
			return err
		}
		from[place{topic, 0}] = kgo.NewOffset().AtStart()
		counts[place{topic, 0}] = 100
	}
	found, err := s.read(ctx, from, counts, kgo.FetchMaxBytes(2_000))
	if err != nil {
		return err
	}
	for at := range from {
		if err := verify(found[at], 0, 100); err != nil {
			return fmt.Errorf("%s: %w", at.topic, err)
		}
	}
	return nil
}

func (s *suite) outOfRange(ctx context.Context) error {
	topic, err := s.filled(ctx, "range", 10)
	if err != nil {
		return err
	}
	client, err := s.client(ctx,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(1_000)}}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
	)
	if err != nil {
		return err
	}
	err = client.PollFetches(ctx).Err()
	return check(errors.Is(err, kerr.OffsetOutOfRange), "got %v", err)
}
