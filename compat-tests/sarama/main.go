// Cases for sarama: client BOOTSTRAP TOPIC_PREFIX.
//
// Prints "ok NAME" or "not ok NAME: REASON" for each case and "end" last; the runner counts.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

type suite struct {
	bootstrap string
	prefix    string
	admin     sarama.ClusterAdmin
}

func main() {
	sarama.Logger = log.New(io.Discard, "", 0)
	s := &suite{bootstrap: os.Args[1], prefix: os.Args[2]}
	admin, err := sarama.NewClusterAdmin([]string{s.bootstrap}, s.config())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s.admin = admin

	for _, codec := range []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD} {
		s.run("sync producer with "+codec.String()+", partition consumer, in order", func(ctx context.Context) error {
			return s.codec(ctx, codec)
		})
	}
	s.run("async idempotent producer, 10,000 records", s.idempotent)
	s.run("acks 0, acks 1", s.weakAcks)
	s.run("headers, null values, timestamps", s.shapes)
	s.run("offsets, oldest, newest, by time", s.offsets)
	s.run("an offset beyond the end is out of range", s.outOfRange)
	s.run("a record above max.message.bytes is refused", s.tooLarge)
	for _, one := range strategies {
		s.run("group with "+one.name+", a second member joins and leaves, every record once", func(ctx context.Context) error {
			return s.twoMembers(ctx, one.name, one.make)
		})
	}
	s.run("static members keep their partitions over a restart", s.staticMember)
	s.run("a group goes on where it stopped, by marks and by hand", s.resumes)
	s.run("groups listed, described, their offsets changed, deleted", s.groupAdmin)
	s.run("topics created, listed, refused, deleted", s.topics)
	s.run("more partitions, not fewer", s.grows)
	s.run("configs described and altered", s.configs)
	s.run("delete records, log directories, elections", s.rest)
	fmt.Println("end")
}

// run gives each case a minute.
func (s *suite) run(name string, body func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := body(ctx); err != nil {
		fmt.Printf("not ok %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	fmt.Printf("ok %s\n", name)
}

// config is sarama's own, with the version of the newest Kafka that it knows and what a test needs.
func (s *suite) config() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.ClientID = "compat-sarama"
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Return.Errors = true
	config.Consumer.MaxWaitTime = 200 * time.Millisecond
	config.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
	config.Consumer.Group.Session.Timeout = 10 * time.Second
	config.Metadata.RefreshFrequency = time.Second
	return config
}

// create returns when the leaders of the new topic serve: Kafka answers a moment before.
func (s *suite) create(ctx context.Context, name string, partitions int32, configs map[string]string) (string, error) {
	topic := s.prefix + "-" + name
	detail := &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: make(map[string]*string)}
	for key, value := range configs {
		detail.ConfigEntries[key] = &value
	}
	if err := s.admin.CreateTopic(topic, detail, false); err != nil {
		return topic, err
	}
	wanted := make(map[int32]int64)
	for partition := range partitions {
		wanted[partition] = sarama.OffsetNewest
	}
	return topic, until(ctx, "the leaders serve", func() bool {
		listed, err := s.admin.ListOffsets(map[string]map[int32]int64{topic: wanted}, nil)
		if err != nil {
			return false
		}
		for _, result := range listed[topic] {
			if result.Err != sarama.ErrNoError {
				return false
			}
		}
		return len(listed[topic]) == int(partitions)
	})
}

func check(ok bool, format string, values ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, values...)
}

func refusedWith(err error, wanted sarama.KError) error {
	return check(errors.Is(err, wanted) || err != nil && strings.Contains(err.Error(), wanted.Error()), "got %v, want %v", err, wanted)
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
