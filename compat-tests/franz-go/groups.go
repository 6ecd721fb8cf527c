package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// member is one consumer of a group that polls until it is closed.
type member struct {
	client *kgo.Client
	done   chan struct{}

	mutex   sync.Mutex
	records []*kgo.Record
	owned   map[place]bool
	events  int // assignments and revocations that named a partition
	failed  error
}

func (s *suite) join(ctx context.Context, group, topic string, options ...kgo.Opt) (*member, error) {
	m := &member{done: make(chan struct{}), owned: make(map[place]bool)}
	note := func(owns bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(ctx context.Context, client *kgo.Client, changed map[string][]int32) {
			if !owns {
				// franz-go commits on revocation only if nobody else listens to it.
				_ = client.CommitUncommittedOffsets(ctx)
			}
			m.mutex.Lock()
			defer m.mutex.Unlock()
			for topic, partitions := range changed {
				for _, partition := range partitions {
					if owns {
						m.owned[place{topic, partition}] = true
					} else {
						delete(m.owned, place{topic, partition})
					}
					m.events++
				}
			}
		}
	}
	client, err := s.client(ctx, append([]kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(300 * time.Millisecond),
		kgo.SessionTimeout(10 * time.Second),
		kgo.FetchMaxWait(200 * time.Millisecond),
		kgo.OnPartitionsAssigned(note(true)),
		kgo.OnPartitionsRevoked(note(false)),
		kgo.OnPartitionsLost(note(false)),
	}, options...)...)
	if err != nil {
		return nil, err
	}
	m.client = client
	go func() {
		defer close(m.done)
		for {
			fetches := client.PollFetches(ctx)
			if fetches.IsClientClosed() || ctx.Err() != nil {
				return
			}
			m.mutex.Lock()
			fetches.EachError(func(_ string, _ int32, err error) { m.failed = err })
			fetches.EachRecord(func(record *kgo.Record) { m.records = append(m.records, record) })
			m.mutex.Unlock()
		}
	}()
	return m, nil
}

// leave commits what was polled, leaves the group and ends.
func (m *member) leave(ctx context.Context) error {
	err := m.client.CommitUncommittedOffsets(ctx)
	m.client.Close()
	<-m.done
	return err
}

func (m *member) count() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.records)
}

func (m *member) places() []place {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var places []place
	for at := range m.owned {
		places = append(places, at)
	}
	slices.SortFunc(places, func(a, b place) int { return int(a.partition - b.partition) })
	return places
}

func (m *member) changes() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.events
}

func until(ctx context.Context, what string, holds func() bool) error {
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("time is up before: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// once checks that the members together read every offset of every partition exactly once.
func once(perPartition, partitions int, members ...*member) error {
	seen := make(map[[2]int64]int)
	for _, m := range members {
		m.mutex.Lock()
		for _, record := range m.records {
			seen[[2]int64{int64(record.Partition), record.Offset}]++
		}
		m.mutex.Unlock()
	}
	for at, times := range seen {
		if times != 1 {
			return fmt.Errorf("partition %d offset %d was read %d times", at[0], at[1], times)
		}
	}
	return check(len(seen) == perPartition*partitions, "%d records, want %d", len(seen), perPartition*partitions)
}

func (s *suite) spread(ctx context.Context, topic string, partitions, from, count int) error {
	client, err := s.client(ctx, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer client.Close()
	for partition := range partitions {
		if err := client.ProduceSync(ctx, numbered(topic, int32(partition), from, count)...).FirstErr(); err != nil {
			return err
		}
	}
	return nil
}

var balancers = []struct {
	name     string
	balancer kgo.GroupBalancer
}{
	{"cooperative-sticky", kgo.CooperativeStickyBalancer()},
	{"sticky", kgo.StickyBalancer()},
	{"range", kgo.RangeBalancer()},
	{"roundrobin", kgo.RoundRobinBalancer()},
}

func (s *suite) twoMembers(ctx context.Context, name string, balancer kgo.GroupBalancer) error {
	topic, err := s.create(ctx, "group-"+name, 4, nil)
	if err != nil {
		return err
	}
	options := []kgo.Opt{kgo.Balancers(balancer)}
	first, err := s.join(ctx, topic, topic, options...)
	if err != nil {
		return err
	}
	if err := until(ctx, "the first owns four", func() bool { return len(first.places()) == 4 }); err != nil {
		return err
	}
	second, err := s.join(ctx, topic, topic, options...)
	if err != nil {
		return err
	}
	shared := func() bool { return len(first.places()) == 2 && len(second.places()) == 2 }
	if err := until(ctx, "two and two", shared); err != nil {
		return err
	}
	if err := s.spread(ctx, topic, 4, 0, 50); err != nil {
		return err
	}
	if err := until(ctx, "200 records", func() bool { return first.count()+second.count() >= 200 }); err != nil {
		return err
	}
	if err := check(first.count() == 100 && second.count() == 100, "%d and %d records", first.count(), second.count()); err != nil {
		return err
	}
	if err := second.leave(ctx); err != nil {
		return err
	}
	if err := until(ctx, "four again", func() bool { return len(first.places()) == 4 }); err != nil {
		return err
	}
	if err := s.spread(ctx, topic, 4, 50, 10); err != nil {
		return err
	}
	if err := until(ctx, "40 more", func() bool { return first.count()+second.count() >= 240 }); err != nil {
		return err
	}
	return errors.Join(once(60, 4, first, second), first.leave(ctx))
}

// staticMember restarts a member with an instance id: nothing moves.
func (s *suite) staticMember(ctx context.Context) error {
	topic, err := s.create(ctx, "group-static", 4, nil)
	if err != nil {
		return err
	}
	session := kgo.SessionTimeout(30 * time.Second)
	one, err := s.join(ctx, topic, topic, kgo.InstanceID("one"), session)
	if err != nil {
		return err
	}
	two, err := s.join(ctx, topic, topic, kgo.InstanceID("two"), session)
	if err != nil {
		return err
	}
	shared := func() bool { return len(one.places()) == 2 && len(two.places()) == 2 }
	if err := until(ctx, "two and two", shared); err != nil {
		return err
	}
	owned, changes := two.places(), one.changes()
	if err := two.leave(ctx); err != nil {
		return err
	}
	again, err := s.join(ctx, topic, topic, kgo.InstanceID("two"), session)
	if err != nil {
		return err
	}
	if err := until(ctx, "two again", func() bool { return len(again.places()) == 2 }); err != nil {
		return err
	}
	if err := errors.Join(
		check(slices.Equal(again.places(), owned), "%v, before %v", again.places(), owned),
		check(one.changes() == changes, "the other member saw a rebalance"),
	); err != nil {
		return err
	}
	described, err := s.admin.DescribeGroups(ctx, topic)
	if err != nil {
		return err
	}
	var instances []string
	for _, member := range described[topic].Members {
		if member.InstanceID != nil {
			instances = append(instances, *member.InstanceID)
		}
	}
	slices.Sort(instances)
	left, err := s.admin.LeaveGroup(ctx, kadm.LeaveGroup(topic).InstanceIDs("one", "two"))
	return errors.Join(
		check(slices.Equal(instances, []string{"one", "two"}), "instances %v", instances),
		err, left.Error(), again.leave(ctx), one.leave(ctx),
	)
}

// commits checks commits by hand, resuming behind them, and commits of a member that is gone.
func (s *suite) commits(ctx context.Context) error {
	topic, err := s.filled(ctx, "group-commits", 50)
	if err != nil {
		return err
	}
	byHand := []kgo.Opt{
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsRevoked(func(context.Context, *kgo.Client, map[string][]int32) {}),
	}
	first, err := s.join(ctx, topic, topic, byHand...)
	if err != nil {
		return err
	}
	if err := until(ctx, "50 records", func() bool { return first.count() == 50 }); err != nil {
		return err
	}
	none, err := s.admin.FetchOffsets(ctx, topic)
	if err != nil {
		return err
	}
	if err := check(len(none) == 0, "%v is committed", none); err != nil {
		return err
	}
	if err := first.client.CommitRecords(ctx, first.records[:20]...); err != nil {
		return err
	}
	first.client.Close()
	<-first.done
	at, err := s.admin.FetchOffsets(ctx, topic)
	if err != nil {
		return err
	}
	offset, _ := at.Lookup(topic, 0)
	second, err := s.join(ctx, topic, topic, byHand...)
	if err != nil {
		return err
	}
	if err := until(ctx, "30 records", func() bool { return second.count() >= 30 }); err != nil {
		return err
	}
	return errors.Join(
		check(offset.At == 20 && offset.LeaderEpoch >= 0, "committed %d in epoch %d", offset.At, offset.LeaderEpoch),
		check(second.records[0].Offset == 20, "resumed at %d", second.records[0].Offset),
		second.leave(ctx),
	)
}

// groupAdmin walks a group through list, describe, lag, commits from outside, and deletion.
func (s *suite) groupAdmin(ctx context.Context) error {
	topic, err := s.filled(ctx, "group-admin", 40)
	if err != nil {
		return err
	}
	commit := kadm.Offsets{}
	commit.AddOffset(topic, 0, 10, -1)
	if err := s.admin.CommitAllOffsets(ctx, topic, commit); err != nil {
		return err
	}
	lag := func() (kadm.DescribedGroupLag, error) {
		lags, err := s.admin.Lag(ctx, topic)
		return lags[topic], err
	}
	empty, err := lag()
	if err != nil {
		return err
	}
	if err := check(empty.State == "Empty" && empty.Lag.Total() == 30, "%s, lag %d", empty.State, empty.Lag.Total()); err != nil {
		return err
	}
	m, err := s.join(ctx, topic, topic)
	if err != nil {
		return err
	}
	if err := until(ctx, "30 records", func() bool { return m.count() == 30 }); err != nil {
		return err
	}
	if err := m.client.CommitUncommittedOffsets(ctx); err != nil {
		return err
	}
	busy, err := lag()
	if err != nil {
		return err
	}
	listed, err := s.admin.ListGroups(ctx, "Stable")
	if err != nil {
		return err
	}
	_, refused := s.admin.DeleteGroup(ctx, topic)
	_, committed := s.admin.DeleteOffsets(ctx, topic, commit.TopicsSet())
	if err := errors.Join(
		check(busy.State == "Stable" && busy.Protocol == "cooperative-sticky" && busy.Lag.Total() == 0, "%s, %s, lag %d", busy.State, busy.Protocol, busy.Lag.Total()),
		check(slices.Contains(listed.Groups(), topic), "not among the stable groups"),
		check(errors.Is(refused, kerr.NonEmptyGroup), "deleting it: %v", refused),
		committed,
	); err != nil {
		return err
	}
	if err := m.leave(ctx); err != nil {
		return err
	}
	if _, err := s.admin.DeleteGroup(ctx, topic); err != nil {
		return err
	}
	after, err := s.admin.ListGroups(ctx)
	if err != nil {
		return err
	}
	_, again := s.admin.DeleteGroup(ctx, topic)
	return errors.Join(
		check(!slices.Contains(after.Groups(), topic), "still listed"),
		check(errors.Is(again, kerr.GroupIDNotFound), "deleting it again: %v", again),
	)
}

// manyMembers lets ten members join eight partitions at once, and all but one leave.
func (s *suite) manyMembers(ctx context.Context) error {
	topic, err := s.create(ctx, "group-many", 8, nil)
	if err != nil {
		return err
	}
	members := make([]*member, 10)
	for at := range members {
		if members[at], err = s.join(ctx, topic, topic); err != nil {
			return err
		}
	}
	sizes := func() (total, largest int) {
		for _, m := range members {
			size := len(m.places())
			total += size
			largest = max(largest, size)
		}
		return total, largest
	}
	spread := func() bool { total, largest := sizes(); return total == 8 && largest == 1 }
	if err := until(ctx, "eight members with one partition each", spread); err != nil {
		return err
	}
	var group sync.WaitGroup
	for _, m := range members[1:] {
		group.Go(func() { _ = m.leave(ctx) })
	}
	group.Wait()
	if err := until(ctx, "the last owns eight", func() bool { return len(members[0].places()) == 8 }); err != nil {
		return err
	}
	return members[0].leave(ctx)
}
