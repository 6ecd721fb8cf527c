package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/IBM/sarama"
)

var strategies = []struct {
	name string
	make func() sarama.BalanceStrategy
}{
	{"range", sarama.NewBalanceStrategyRange},
	{"roundrobin", sarama.NewBalanceStrategyRoundRobin},
	{"sticky", sarama.NewBalanceStrategySticky},
}

type at struct {
	partition int32
	offset    int64
}

// member consumes in a group until it is told to leave.
type member struct {
	group  sarama.ConsumerGroup
	cancel context.CancelFunc
	done   chan struct{}
	limit  int // of records to mark; 0 marks all

	mutex    sync.Mutex
	read     []at
	owned    []int32
	sessions int
	failed   error
}

func (s *suite) join(ctx context.Context, group, topic string, change func(*sarama.Config)) (*member, error) {
	config := s.config()
	if change != nil {
		change(config)
	}
	client, err := sarama.NewConsumerGroup([]string{s.bootstrap}, group, config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	m := &member{group: client, cancel: cancel, done: make(chan struct{})}
	go func() {
		for err := range client.Errors() {
			m.mutex.Lock()
			m.failed = err
			m.mutex.Unlock()
		}
	}()
	go func() {
		defer close(m.done)
		for ctx.Err() == nil {
			if err := client.Consume(ctx, []string{topic}, m); err != nil {
				return
			}
		}
	}()
	return m, nil
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.sessions++
	m.owned = nil
	for _, partitions := range session.Claims() {
		m.owned = append(m.owned, partitions...)
	}
	slices.Sort(m.owned)
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			m.mutex.Lock()
			m.read = append(m.read, at{message.Partition, message.Offset})
			marks := m.limit == 0 || len(m.read) <= m.limit
			m.mutex.Unlock()
			if marks {
				session.MarkMessage(message, "by sarama")
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

// leave commits what is marked, leaves the group and ends.
func (m *member) leave() error {
	m.cancel()
	<-m.done
	return m.group.Close()
}

func (m *member) places() []int32 {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Clone(m.owned)
}

func (m *member) count() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.read)
}

func (s *suite) spread(topic string, partitions int32, from, count int) error {
	for partition := range partitions {
		if err := s.produce(s.config(), numbered(topic, partition, from, count)...); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) twoMembers(ctx context.Context, name string, strategy func() sarama.BalanceStrategy) error {
	topic, err := s.create(ctx, "group-"+name, 4, nil)
	if err != nil {
		return err
	}
	change := func(config *sarama.Config) {
		config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy()}
	}
	first, err := s.join(ctx, topic, topic, change)
	if err != nil {
		return err
	}
	if err := until(ctx, "the first owns four", func() bool { return len(first.places()) == 4 }); err != nil {
		return err
	}
	second, err := s.join(ctx, topic, topic, change)
	if err != nil {
		return err
	}
	shared := func() bool { return len(first.places()) == 2 && len(second.places()) == 2 }
	if err := until(ctx, "two and two", shared); err != nil {
		return err
	}
	if err := s.spread(topic, 4, 0, 50); err != nil {
		return err
	}
	if err := until(ctx, "200 records", func() bool { return first.count()+second.count() >= 200 }); err != nil {
		return err
	}
	if err := errors.Join(check(second.count() == 100, "the second read %d", second.count()), second.leave()); err != nil {
		return err
	}
	if err := until(ctx, "four again", func() bool { return len(first.places()) == 4 }); err != nil {
		return err
	}
	if err := s.spread(topic, 4, 50, 10); err != nil {
		return err
	}
	if err := until(ctx, "40 more", func() bool { return first.count()+second.count() >= 240 }); err != nil {
		return err
	}
	if err := first.leave(); err != nil {
		return err
	}
	seen := make(map[at]int)
	for _, one := range append(first.read, second.read...) {
		seen[one]++
	}
	for one, times := range seen {
		if times != 1 {
			return fmt.Errorf("partition %d offset %d was read %d times", one.partition, one.offset, times)
		}
	}
	return check(len(seen) == 240, "%d records", len(seen))
}

func (s *suite) staticMember(ctx context.Context) error {
	topic, err := s.create(ctx, "static", 4, nil)
	if err != nil {
		return err
	}
	static := func(instance string) func(*sarama.Config) {
		return func(config *sarama.Config) {
			config.Consumer.Group.InstanceId = instance
		}
	}
	one, err := s.join(ctx, topic, topic, static("one"))
	if err != nil {
		return err
	}
	two, err := s.join(ctx, topic, topic, static("two"))
	if err != nil {
		return err
	}
	shared := func() bool { return len(one.places()) == 2 && len(two.places()) == 2 }
	if err := until(ctx, "two and two", shared); err != nil {
		return err
	}
	owned, sessions := two.places(), one.sessions
	if err := two.leave(); err != nil {
		return err
	}
	again, err := s.join(ctx, topic, topic, static("two"))
	if err != nil {
		return err
	}
	if err := until(ctx, "two again", func() bool { return len(again.places()) == 2 }); err != nil {
		return err
	}
	return errors.Join(
		check(slices.Equal(again.places(), owned), "%v, before %v", again.places(), owned),
		check(one.sessions == sessions, "the other member began session %d, was in %d", one.sessions, sessions),
		again.leave(), one.leave(),
	)
}

func (s *suite) resumes(ctx context.Context) error {
	topic, err := s.create(ctx, "resumes", 1, nil)
	if err != nil {
		return err
	}
	if err := s.spread(topic, 1, 0, 30); err != nil {
		return err
	}
	first, err := s.join(ctx, topic, topic, nil)
	if err != nil {
		return err
	}
	first.mutex.Lock()
	first.limit = 12
	first.mutex.Unlock()
	if err := until(ctx, "30 records", func() bool { return first.count() == 30 }); err != nil {
		return err
	}
	if err := first.leave(); err != nil {
		return err
	}
	offsets, err := s.admin.ListConsumerGroupOffsets(topic, map[string][]int32{topic: {0}})
	if err != nil {
		return err
	}
	block := offsets.GetBlock(topic, 0)
	if err := check(block != nil && block.Offset == 12 && block.Metadata == "by sarama", "committed %v", block); err != nil {
		return err
	}
	second, err := s.join(ctx, topic, topic, nil)
	if err != nil {
		return err
	}
	if err := until(ctx, "18 records", func() bool { return second.count() >= 18 }); err != nil {
		return err
	}
	return errors.Join(second.leave(), check(second.read[0].offset == 12, "resumed at %d", second.read[0].offset))
}
