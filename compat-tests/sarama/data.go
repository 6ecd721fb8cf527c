package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

func numbered(topic string, partition int32, from, count int) []*sarama.ProducerMessage {
	messages := make([]*sarama.ProducerMessage, count)
	for at := range messages {
		messages[at] = &sarama.ProducerMessage{
			Topic:     topic,
			Partition: partition,
			Key:       sarama.StringEncoder("key"),
			Value:     sarama.StringEncoder(fmt.Sprintf("value-%d", from+at)),
		}
	}
	return messages
}

// produce sends with a producer of its own.
func (s *suite) produce(config *sarama.Config, messages ...*sarama.ProducerMessage) error {
	producer, err := sarama.NewSyncProducer([]string{s.bootstrap}, config)
	if err != nil {
		return err
	}
	return errors.Join(producer.SendMessages(messages), producer.Close())
}

func (s *suite) read(ctx context.Context, topic string, partition int32, offset int64, count int) ([]*sarama.ConsumerMessage, error) {
	consumer, err := sarama.NewConsumer([]string{s.bootstrap}, s.config())
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	partitions, err := consumer.ConsumePartition(topic, partition, offset)
	if err != nil {
		return nil, err
	}
	defer partitions.Close()
	var messages []*sarama.ConsumerMessage
	for len(messages) < count {
		select {
		case message := <-partitions.Messages():
			messages = append(messages, message)
		case err := <-partitions.Errors():
			return messages, err
		case <-ctx.Done():
			return messages, fmt.Errorf("%d of %d records", len(messages), count)
		}
	}
	return messages, nil
}

func verify(messages []*sarama.ConsumerMessage, from int) error {
	for at, message := range messages {
		wanted := fmt.Sprintf("value-%d", from+at)
		if message.Offset != int64(from+at) || string(message.Value) != wanted {
			return fmt.Errorf("offset %d holds %q, want %q", message.Offset, message.Value, wanted)
		}
	}
	return nil
}

func (s *suite) codec(ctx context.Context, codec sarama.CompressionCodec) error {
	topic, err := s.create(ctx, "codec-"+codec.String(), 1, nil)
	if err != nil {
		return err
	}
	config := s.config()
	config.Producer.Compression = codec
	if err := s.produce(config, numbered(topic, 0, 0, 2_000)...); err != nil {
		return err
	}
	messages, err := s.read(ctx, topic, 0, sarama.OffsetOldest, 2_000)
	return errors.Join(err, verify(messages, 0))
}

func (s *suite) idempotent(ctx context.Context) error {
	topic, err := s.create(ctx, "idempotent", 1, nil)
	if err != nil {
		return err
	}
	config := s.config()
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	config.Producer.Flush.MaxMessages = 100
	producer, err := sarama.NewAsyncProducer([]string{s.bootstrap}, config)
	if err != nil {
		return err
	}
	go func() {
		for _, message := range numbered(topic, 0, 0, 10_000) {
			producer.Input() <- message
		}
	}()
	for range 10_000 {
		select {
		case <-producer.Successes():
		case failed := <-producer.Errors():
			return failed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := producer.Close(); err != nil {
		return err
	}
	messages, err := s.read(ctx, topic, 0, sarama.OffsetOldest, 10_000)
	return errors.Join(err, verify(messages, 0))
}

func (s *suite) weakAcks(ctx context.Context) error {
	topic, err := s.create(ctx, "acks", 1, nil)
	if err != nil {
		return err
	}
	for at, acks := range []sarama.RequiredAcks{sarama.WaitForLocal, sarama.NoResponse} {
		config := s.config()
		config.Producer.RequiredAcks = acks
		if err := s.produce(config, numbered(topic, 0, at*100, 100)...); err != nil {
			return err
		}
	}
	messages, err := s.read(ctx, topic, 0, sarama.OffsetOldest, 200)
	return errors.Join(err, verify(messages, 0))
}

func (s *suite) shapes(ctx context.Context) error {
	topic, err := s.create(ctx, "shapes", 1, nil)
	if err != nil {
		return err
	}
	at := time.UnixMilli(1_700_000_000_123)
	if err := s.produce(s.config(),
		&sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder("k"), Timestamp: at},
		&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder("v"), Timestamp: at, Headers: []sarama.RecordHeader{{Key: []byte("a"), Value: []byte("1")}, {Key: []byte("a"), Value: []byte("2")}}},
	); err != nil {
		return err
	}
	messages, err := s.read(ctx, topic, 0, 0, 2)
	if err != nil {
		return err
	}
	first, second := messages[0], messages[1]
	return errors.Join(
		check(string(first.Key) == "k" && first.Value == nil && first.Timestamp.Equal(at), "first: %v", first),
		check(second.Key == nil && string(second.Value) == "v" && len(second.Headers) == 2, "second: %v", second),
		check(string(second.Headers[0].Value) == "1" && string(second.Headers[1].Value) == "2", "headers: %v", second.Headers),
	)
}

func (s *suite) offsets(ctx context.Context) error {
	topic, err := s.create(ctx, "offsets", 1, nil)
	if err != nil {
		return err
	}
	messages := numbered(topic, 0, 0, 20)
	for at, message := range messages {
		message.Timestamp = time.UnixMilli(1_700_000_000_000 + int64(at)*1_000)
	}
	if err := s.produce(s.config(), messages...); err != nil {
		return err
	}
	client, err := sarama.NewClient([]string{s.bootstrap}, s.config())
	if err != nil {
		return err
	}
	defer client.Close()
	for _, ask := range []struct{ time, want int64 }{
		{sarama.OffsetOldest, 0}, {sarama.OffsetNewest, 20}, {1_700_000_004_000, 4}, {1_700_000_004_001, 5}, {1_900_000_000_000, -1},
	} {
		offset, err := client.GetOffset(topic, 0, ask.time)
		if err := errors.Join(err, check(offset == ask.want, "%d: offset %d, want %d", ask.time, offset, ask.want)); err != nil {
			return err
		}
	}
	read, err := s.read(ctx, topic, 0, 13, 7)
	return errors.Join(err, verify(read, 13))
}

func (s *suite) outOfRange(ctx context.Context) error {
	topic, err := s.create(ctx, "range", 1, nil)
	if err != nil {
		return err
	}
	_, err = s.read(ctx, topic, 0, 1_000, 1)
	return refusedWith(err, sarama.ErrOffsetOutOfRange)
}

func (s *suite) tooLarge(ctx context.Context) error {
	topic, err := s.create(ctx, "large", 1, map[string]string{"max.message.bytes": "2000"})
	if err != nil {
		return err
	}
	err = s.produce(s.config(), &sarama.ProducerMessage{Topic: topic, Value: sarama.ByteEncoder(make([]byte, 5_000))})
	var failed sarama.ProducerErrors
	if !errors.As(err, &failed) {
		return fmt.Errorf("got %v", err)
	}
	return refusedWith(failed[0].Err, sarama.ErrMessageSizeTooLarge)
}
