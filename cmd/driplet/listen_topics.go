package main

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/driplet/driplet/core/transport/client"
)

// followed are the topics of a listener, over one connection after another, and
// where it stands in those that keep a history.
type followed struct {
	topics []string

	mu    sync.Mutex
	since map[string]client.Position
}

// subscribe asks for the topic at i, and for what was missed of it.
func (f *followed) subscribe(c *client.Conn, i int) error {
	r := client.Request{Type: "subscribe", ID: uint64(i + 1), Topic: f.topics[i]}
	f.mu.Lock()
	if at, ok := f.since[r.Topic]; ok {
		r.Since = &at
	}
	f.mu.Unlock()
	return c.Send(r)
}

// resume asks again for a topic that the server has ended.
func (f *followed) resume(c *client.Conn, topic string) error {
	for i := range f.topics {
		if f.topics[i] == topic {
			return f.subscribe(c, i)
		}
	}
	return nil
}

// answered finds the topic whose subscribe a frame answers.
func (f *followed) answered(frame *client.Frame) (topic string, ok bool) {
	if frame.Type != "reply" && frame.Type != "error" {
		return "", false
	}
	id, err := strconv.Atoi(string(frame.ID))
	if err != nil || id < 1 || id > len(f.topics) {
		return "", false
	}
	return f.topics[id-1], true
}

// note remembers where an answer, or a message, has brought the listener.
func (f *followed) note(topic string, frame *client.Frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.since[topic]
	switch {
	case frame.Offset == nil:
		return
	case frame.Type == "message" && at.Epoch != "":
		at.Offset = *frame.Offset
	case frame.Epoch != "":
		at = client.Position{Epoch: frame.Epoch, Offset: *frame.Offset}
	default:
		return
	}
	if f.since == nil {
		f.since = map[string]client.Position{}
	}
	f.since[topic] = at
}

// refused is what an answer to a subscribe refuses; nil: nothing.
func refused(topic string, answer *client.Frame) error {
	if answer.Error == nil {
		return nil
	}
	return fmt.Errorf("subscribing to %s: %w", topic, answer.Error)
}
