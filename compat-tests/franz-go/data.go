package main

import (
	"context"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// numbered makes records whose value carries its number and the checksum of its filling.
func numbered(topic string, partition int32, from, count int) []*kgo.Record {
	records := make([]*kgo.Record, count)
	for at := range records {
		number := from + at
		filling := strings.Repeat(string(rune('a'+number%26)), number%200)
		value := fmt.Sprintf("%d/%08x/%s", number, crc32.ChecksumIEEE([]byte(filling)), filling)
		records[at] = &kgo.Record{Topic: topic, Partition: partition, Key: []byte(strconv.Itoa(number)), Value: []byte(value)}
	}
	return records
}

// verify checks that records are number from, from+1, … without a gap in number or offset.
func verify(records []*kgo.Record, from, count int) error {
	if len(records) != count {
		return fmt.Errorf("%d records, want %d", len(records), count)
	}
	for at, record := range records {
		number := from + at
		parts := strings.SplitN(string(record.Value), "/", 3)
		if len(parts) != 3 || parts[0] != strconv.Itoa(number) || string(record.Key) != parts[0] {
			return fmt.Errorf("record %d at offset %d is %q", number, record.Offset, record.Key)
		}
		if fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(parts[2]))) != parts[1] || len(parts[2]) != number%200 {
			return fmt.Errorf("record %d has a wrong checksum", number)
		}
		if at > 0 && record.Offset != records[at-1].Offset+1 {
			return fmt.Errorf("offset %d follows %d", record.Offset, records[at-1].Offset)
		}
	}
	return nil
}

type place struct {
	topic     string
	partition int32
}

// read consumes the partitions directly until each has given its count.
func (s *suite) read(ctx context.Context, from map[place]kgo.Offset, counts map[place]int, options ...kgo.Opt) (map[place][]*kgo.Record, error) {
	partitions := make(map[string]map[int32]kgo.Offset)
	missing := 0
	for at, offset := range from {
		if partitions[at.topic] == nil {
			partitions[at.topic] = make(map[int32]kgo.Offset)
		}
		partitions[at.topic][at.partition] = offset
		missing += counts[at]
	}
	client, err := s.client(ctx, append(options, kgo.ConsumePartitions(partitions))...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	found := make(map[place][]*kgo.Record)
	for missing > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return found, fmt.Errorf("%d records missing: %w", missing, err)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			at := place{record.Topic, record.Partition}
			found[at] = append(found[at], record)
			missing--
		})
	}
	return found, nil
}

func (s *suite) readOne(ctx context.Context, topic string, from kgo.Offset, count int, options ...kgo.Opt) ([]*kgo.Record, error) {
	at := place{topic, 0}
	found, err := s.read(ctx, map[place]kgo.Offset{at: from}, map[place]int{at: count}, options...)
	return found[at], err
}
