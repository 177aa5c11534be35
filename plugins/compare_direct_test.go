package plugins_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// inGo is the handler of the table in Go, called directly: into structs, and
// into maps, as somebody writes it who does not declare what an event may hold.
var inGo = map[string]struct{ structs, maps handler }{
	"count": {counted, countedByMaps},
	"send":  {sent, sentByMaps},
}

// handler is a handler of the table in Go.
type handler func(ctx context.Context, kv core.KV, services plugin.Services, ev *core.ClientEvent) ([]byte, error)

type compared struct{ Room, Text string }

func read(ev *core.ClientEvent) (in compared, err error) {
	if err := json.Unmarshal(ev.Data, &in); err != nil || in.Room == "" || len(in.Room) > 64 || in.Text == "" || len(in.Text) > 2000 {
		return in, core.Errorf(core.CodeBadRequest, "room and text must be strings")
	}
	return in, nil
}

func counted(_ context.Context, _ core.KV, _ plugin.Services, ev *core.ClientEvent) ([]byte, error) {
	in, err := read(ev)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Room  string `json:"room"`
		From  string `json:"from"`
		Text  string `json:"text"`
		Words int    `json:"words"`
	}{in.Room, ev.User, in.Text, words(in.Text)})
}

// words counts the words of a text.
func words(text string) (n int) {
	inside := false
	for i := range len(text) {
		letter := text[i] != ' ' && text[i] != '\n'
		if letter && !inside {
			n++
		}
		inside = letter
	}
	return n
}

func sent(ctx context.Context, kv core.KV, services plugin.Services, ev *core.ClientEvent) ([]byte, error) {
	in, err := read(ev)
	if err != nil {
		return nil, err
	}
	id, err := send(ctx, kv, services, ev, in.Room, func(id int64) ([]byte, error) {
		return json.Marshal(struct {
			ID   int64  `json:"id"`
			From string `json:"from"`
			Text string `json:"text"`
			At   int64  `json:"at"`
		}{id, ev.User, in.Text, ev.Time.UnixMilli()})
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		ID int64 `json:"id"`
	}{id})
}

func readMap(ev *core.ClientEvent) (room, text string, err error) {
	var in map[string]any
	if err := json.Unmarshal(ev.Data, &in); err != nil {
		return "", "", err
	}
	room, _ = in["room"].(string)
	text, _ = in["text"].(string)
	if room == "" || len(room) > 64 || text == "" || len(text) > 2000 {
		return "", "", core.Errorf(core.CodeBadRequest, "room and text must be strings")
	}
	return room, text, nil
}

func countedByMaps(_ context.Context, _ core.KV, _ plugin.Services, ev *core.ClientEvent) ([]byte, error) {
	room, text, err := readMap(ev)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"room": room, "from": ev.User, "text": text, "words": words(text)})
}

func sentByMaps(ctx context.Context, kv core.KV, services plugin.Services, ev *core.ClientEvent) ([]byte, error) {
	room, text, err := readMap(ev)
	if err != nil {
		return nil, err
	}
	id, err := send(ctx, kv, services, ev, room, func(id int64) ([]byte, error) {
		return json.Marshal(map[string]any{"id": id, "from": ev.User, "text": text, "at": ev.Time.UnixMilli()})
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"id": id})
}

// send does what a chat does, with a message that encode makes.
func send(ctx context.Context, kv core.KV, services plugin.Services, ev *core.ClientEvent, room string, encode func(id int64) ([]byte, error)) (id int64, err error) {
	topic := "compare." + room
	if err := core.CheckTopic(topic); err != nil { // Publish trusts whoever calls it
		return 0, err
	}
	if !services.Subscribed(ev.Endpoint, ev.Session, topic) {
		return 0, core.Errorf("compare.not_member", "enter the room first")
	}
	if id, err = kv.Incr(ctx, "seq/"+topic, 1, 0); err != nil {
		return 0, err
	}
	message, err := encode(id)
	if err != nil {
		return 0, err
	}
	key := "msg/" + topic + "/" + strconv.FormatInt(id, 10)
	if err := kv.Apply(ctx, []core.Write{{Key: key, Value: message, TTL: 7 * 24 * time.Hour}}); err != nil {
		return 0, err
	}
	return id, services.Publish(ctx, &core.Event{Key: core.TopicKey{Endpoint: ev.Endpoint, Topic: topic}, Name: "compare.message", Data: message}, "")
}

// direct is the handler without anything around it.
func direct(b *testing.B, name string, handle handler, state plugin.Store) func() {
	kv, services, ev := state.KV("direct", 1<<20), inLobby(), comparedEvent(name)
	return func() {
		if out, err := handle(b.Context(), kv, services, ev); err != nil || len(out) < 8 {
			b.Fatalf("%s, %v", out, err)
		}
	}
}
