// Cases for franz-go: client BOOTSTRAP TOPIC_PREFIX.
//
// Prints "ok NAME" or "not ok NAME: REASON" for each case and "end" last; the runner counts.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

type suite struct {
	bootstrap string
	prefix    string
	admin     *kadm.Client
}

func main() {
	s := &suite{bootstrap: os.Args[1], prefix: os.Args[2]}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.bootstrap))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer client.Close()
	s.admin = kadm.NewClient(client)

	for _, codec := range codecs {
		s.run("idempotent producer with "+codec.name+", 10,000 records read in order with their checksums", func(ctx context.Context) error {
			return s.codec(ctx, codec)
		})
	}
	s.run("acks 0 and acks 1 arrive", s.weakAcks)
	s.run("idempotent producer, small batches, five in flight on four partitions", s.inFlight)
	s.run("key, value, headers and timestamp shapes", s.shapes)
	s.run("consume from an offset, and the last records", s.fromOffset)
	s.run("consume from a timestamp", s.fromTimestamp)
	s.run("a consumer at the end gets what comes later", s.tail)
	s.run("one small fetch at a time", s.smallFetches)
	s.run("several topics in one fetch session", s.sessions)
	s.run("an offset beyond the end is out of range", s.outOfRange)
	s.run("list offsets, start, end, committed end, by time", s.listOffsets)
	s.run("offset for leader epoch", s.leaderEpoch)
	s.run("create topics, refusals", s.createRefusals)
	s.run("list, describe by name, delete, recreate", s.listAndDelete)
	s.run("describe topic configs", s.describeConfigs)
	s.run("api versions and broker metadata", s.brokers)
	s.run("a record above max.message.bytes is refused", s.tooLarge)
	s.run("a missing topic is created on request", s.autoCreate)
	for _, one := range balancers {
		s.run("group with "+one.name+", a second member joins and leaves, every record once", func(ctx context.Context) error {
			return s.twoMembers(ctx, one.name, one.balancer)
		})
	}
	s.run("static members keep their partitions over a restart", s.staticMember)
	s.run("commits by hand, and resuming behind them", s.commits)
	s.run("groups listed, described, with their lag, deleted", s.groupAdmin)
	s.run("ten members on eight partitions", s.manyMembers)
	s.run("incremental changes of topic configs", s.alterConfigs)
	s.run("more partitions, not fewer", s.growTopic)
	s.run("delete records", s.deleteRecords)
	s.run("log directories", s.logDirs)
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

func (s *suite) create(ctx context.Context, name string, partitions int32, configs map[string]string) (string, error) {
	topic := s.prefix + "-" + name
	values := make(map[string]*string, len(configs))
	for key, value := range configs {
		values[key] = kadm.StringPtr(value)
	}
	_, err := s.admin.CreateTopic(ctx, partitions, 1, values, topic)
	return topic, err
}

// client returns a client that dies with the case.
func (s *suite) client(ctx context.Context, options ...kgo.Opt) (*kgo.Client, error) {
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(s.bootstrap)}, options...)...)
	if err == nil {
		context.AfterFunc(ctx, client.Close)
	}
	return client, err
}

func check(ok bool, format string, values ...any) error {
	if ok {
		return nil
	}
	return errors.New(fmt.Sprintf(format, values...))
}
