//go:build wasip1

// Command gofields is the handler of the benchmark table in Go, without maps:
// what somebody says in a room.
package main

import (
	"strconv"
	"time"

	driplet "github.com/driplet/driplet/plugins/pdk/go"
)

func init() {
	driplet.On("compare.send", send)
	driplet.On("compare.count", count)
}

func main() {} // never runs

func send(e *driplet.Event) (any, error) {
	room, text := e.String("room", 64), e.String("text", 2000)
	if err := e.Err(); err != nil {
		return nil, err
	}
	topic := "compare." + room
	if !e.Subscribed(topic) {
		return nil, driplet.Fail("compare.not_member", "enter the room first")
	}
	id, err := driplet.KV.Incr("seq/"+topic, 1)
	if err != nil {
		return nil, err
	}
	message := driplet.With("id", id).With("from", e.User).With("text", text).With("at", e.Time.UnixMilli())
	if err := driplet.KV.Set("msg/"+topic+"/"+strconv.FormatInt(id, 10), message, 7*24*time.Hour); err != nil {
		return nil, err
	}
	return driplet.With("id", id), driplet.Publish(topic, message, driplet.PublishOptions{Event: "compare.message"})
}

// count counts the words of a text.
func count(e *driplet.Event) (any, error) {
	room, text := e.String("room", 64), e.String("text", 2000)
	if err := e.Err(); err != nil {
		return nil, err
	}
	words, inside := 0, false
	for i := range len(text) {
		letter := text[i] != ' ' && text[i] != '\n'
		if letter && !inside {
			words++
		}
		inside = letter
	}
	return driplet.With("room", room).With("from", e.User).With("text", text).With("words", words), nil
}
