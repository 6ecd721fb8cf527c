package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var codecs = []struct {
	name  string
	codec kgo.CompressionCodec
}{
	{"none", kgo.NoCompression()},
	{"gzip", kgo.GzipCompression()},
	{"snappy", kgo.SnappyCompression()},
	{"lz4", kgo.Lz4Compression()},
	{"zstd", kgo.ZstdCompression()},
}

func (s *suite) codec(ctx context.Context, codec struct {
	name  string
	codec kgo.CompressionCodec
}) error {
	topic, err := s.create(ctx, "codec-"+codec.name, 1, nil)
	if err != nil {
		return err
	}
	client, err := s.client(ctx, kgo.ProducerBatchCompression(codec.codec), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	const count = 10_000
	results := client.ProduceSync(ctx, numbered(topic, 0, 0, count)...)
	if err := results.FirstErr(); err != nil {
		return err
	}
	for at, result := range results {
		if result.Record.Offset != int64(at) {
			return fmt.Errorf("record %d was acknowledged at offset %d", at, result.Record.Offset)
		}
	}
	records, err := s.readOne(ctx, topic, kgo.NewOffset().AtStart(), count)
	if err != nil {
		return err
	}
	return verify(records, 0, count)
}

func (s *suite) weakAcks(ctx context.Context) error {
	for name, acks := range map[string]kgo.Acks{"none": kgo.NoAck(), "leader": kgo.LeaderAck()} {
		topic, err := s.create(ctx, "acks-"+name, 1, nil)
		if err != nil {
			return err
		}
		client, err := s.client(ctx, kgo.RequiredAcks(acks), kgo.DisableIdempotentWrite(), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		if err != nil {
			return err
		}
		if err := client.ProduceSync(ctx, numbered(topic, 0, 0, 500)...).FirstErr(); err != nil {
			return err
		}
		records, err := s.readOne(ctx, topic, kgo.NewOffset().AtStart(), 500)
		if err != nil {
			return err
		}
		if err := verify(records, 0, 500); err != nil {
			return fmt.Errorf("acks %s: %w", name, err)
		}
	}
	return nil
}

func (s *suite) inFlight(ctx context.Context) error {
	topic, err := s.create(ctx, "in-flight", 4, nil)
	if err != nil {
		return err
	}
	client, err := s.client(ctx,
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(4096), kgo.MaxBufferedRecords(50_000),
	)
	if err != nil {
		return err
	}
	const perPartition = 5_000
	var failed error
	for number := range perPartition {
		for partition := range int32(4) {
			record := numbered(topic, partition, number, 1)[0]
			client.Produce(ctx, record, func(_ *kgo.Record, err error) {
				if err != nil {
					failed = err
				}
			})
		}
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	from, counts := make(map[place]kgo.Offset), make(map[place]int)
	for partition := range int32(4) {
		from[place{topic, partition}] = kgo.NewOffset().AtStart()
		counts[place{topic, partition}] = perPartition
	}
	found, err := s.read(ctx, from, counts)
	if err != nil {
		return err
	}
	for at := range from {
		if err := verify(found[at], 0, perPartition); err != nil {
			return fmt.Errorf("partition %d: %w", at.partition, err)
		}
	}
	return nil
}

func (s *suite) shapes(ctx context.Context) error {
	topic, err := s.create(ctx, "shapes", 1, nil)
	if err != nil {
		return err
	}
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	base := time.UnixMilli(1_700_000_000_000)
	err = client.ProduceSync(ctx,
		&kgo.Record{Topic: topic, Timestamp: base},
		&kgo.Record{Topic: topic, Key: []byte{}, Value: []byte{}, Timestamp: base.Add(time.Millisecond)},
		&kgo.Record{Topic: topic, Key: []byte("k"), Value: []byte("v"), Timestamp: base.Add(-time.Second),
			Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "a", Value: []byte{}}, {Key: "", Value: nil}}},
	).FirstErr()
	if err != nil {
		return err
	}
	records, err := s.readOne(ctx, topic, kgo.NewOffset().AtStart(), 3)
	if err != nil {
		return err
	}
	got := ""
	for _, record := range records {
		got += fmt.Sprintf("%v %v %d %v;", record.Key, record.Value, record.Timestamp.UnixMilli()-base.UnixMilli(), record.Headers)
	}
	want := "[] [] 0 [];[] [] 1 [];[107] [118] -1000 [{a [49]} {a []} { []}];"
	if err := check(got == want, "%s, want %s", got, want); err != nil {
		return err
	}
	nulls := records[0].Key == nil && records[0].Value == nil && records[1].Key != nil && records[1].Value != nil
	return check(nulls, "null and empty were mixed up")
}

func (s *suite) tooLarge(ctx context.Context) error {
	topic, err := s.create(ctx, "large", 1, map[string]string{"max.message.bytes": "2000"})
	if err != nil {
		return err
	}
	client, err := s.client(ctx, kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		return err
	}
	err = client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: make([]byte, 5_000)}).FirstErr()
	if !errors.Is(err, kerr.MessageTooLarge) {
		return fmt.Errorf("got %v", err)
	}
	ends, err := s.admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	end, _ := ends.Lookup(topic, 0)
	return check(end.Offset == 0, "the log ends at %d", end.Offset)
}

func (s *suite) autoCreate(ctx context.Context) error {
	topic := s.prefix + "-auto"
	client, err := s.client(ctx, kgo.AllowAutoTopicCreation())
	if err != nil {
		return err
	}
	if err := client.ProduceSync(ctx, numbered(topic, 0, 0, 10)...).FirstErr(); err != nil {
		return err
	}
	records, err := s.readOne(ctx, topic, kgo.NewOffset().AtStart(), 10)
	if err != nil {
		return err
	}
	return verify(records, 0, 10)
}
