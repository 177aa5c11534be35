package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// remembers has topics k.* that keep size events.
func remembers(t *testing.T, size int) func(*core.Endpoint) {
	return func(ep *core.Endpoint) {
		ep.Topics = append(ep.Topics, core.TopicRule{Match: pattern(t, "k.*"), History: core.History{Size: size, Age: time.Hour}})
	}
}

// fill publishes numbered messages, from one to another.
func (w *world) fill(topic string, from, to int) (last Receipt) {
	w.t.Helper()
	for n := from; n <= to; n++ {
		last = w.say(topic, fmt.Sprintf(`"message":%d`, n))
	}
	return last
}

func (w *world) say(topic, fields string) Receipt {
	w.t.Helper()
	r, err := w.publish(body(fmt.Sprintf(`,"topic":%q,%s`, topic, fields)))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// told are the frames of a client behind its welcome, in short.
func (c *client) told(from int) (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range c.frames[from:] {
		var f struct {
			Type, Topic, Reason string
			ID, Message         json.RawMessage
			Offset              *uint64
			Recovered           *bool
			Error               *struct{ Code string }
		}
		json.Unmarshal([]byte(text), &f)
		line := f.Type
		switch f.Type {
		case "message":
			line = string(f.Message)
			if f.Offset != nil && string(f.Message) != fmt.Sprint(*f.Offset) {
				line += fmt.Sprintf("@%d", *f.Offset)
			}
		case "reply", "subscribed", "unsubscribed":
			line += string(f.ID)
			if f.Reason != "" {
				line += " " + f.Reason
			}
			if f.Offset != nil {
				line += fmt.Sprintf(" at %d", *f.Offset)
			}
			if f.Recovered != nil {
				line += fmt.Sprintf(" %v", *f.Recovered)
			}
		case "error":
			line += string(f.ID) + " " + f.Error.Code
		}
		out = append(out, line)
	}
	return out
}

func (c *client) want(t *testing.T, from int, want ...string) {
	t.Helper()
	var got []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got = c.told(from); len(got) >= len(want) {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %q,\nwant %q", got, want)
	}
}

func (w *world) since(c *client, id int, topic string, pos core.Position) {
	w.t.Helper()
	w.do(c, fmt.Sprintf(`{"type":"subscribe","topic":%q,"id":%d,"since":{"epoch":%q,"offset":%d}}`, topic, id, pos.Epoch, pos.Offset))
}

func TestRecovery(t *testing.T) {
	w := newWorld(t, handlers{}, remembers(t, 5))
	first := w.fill("k.1", 1, 1).Pos
	if first.Offset != 1 || first.Epoch == "" {
		t.Fatalf("the first message is at %+v", first)
	}
	a := w.join(user(1))
	w.do(a, `{"type":"subscribe","topic":"k.1","id":1}`)
	w.fill("k.1", 2, 4)
	a.want(t, 1, "reply1 at 1", "2", "3", "4")

	for name, c := range map[string]struct {
		since core.Position
		want  []string
	}{
		"some missed":   {core.Position{Epoch: first.Epoch, Offset: 2}, []string{"reply1 at 2 true", "3", "4"}},
		"nothing":       {core.Position{Epoch: first.Epoch, Offset: 4}, []string{"reply1 at 4 true"}},
		"all":           {core.Position{Epoch: first.Epoch}, []string{"reply1 at 0 true", "1", "2", "3", "4"}},
		"beyond":        {core.Position{Epoch: first.Epoch, Offset: 9}, []string{"reply1 at 4 false"}},
		"another epoch": {core.Position{Epoch: "other", Offset: 2}, []string{"reply1 at 4 false"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.join(user(2))
			w.since(b, 1, "k.1", c.since)
			b.want(t, 1, c.want...)
		})
	}

	w.fill("k.1", 5, 9) // pushes 1 to 4 out
	b := w.join(user(2))
	w.since(b, 1, "k.1", core.Position{Epoch: first.Epoch, Offset: 2})
	w.fill("k.1", 10, 10)
	b.want(t, 1, "reply1 at 4 false", "5", "6", "7", "8", "9", "10")

	w.since(b, 2, "plain", first)
	b.want(t, 8, "reply2 false")
}

// A client that is on the topic already hears from where it says.
func TestRecoveryOfWhoIsThere(t *testing.T) {
	w := newWorld(t, handlers{}, remembers(t, 10))
	pos := w.fill("k.1", 1, 3).Pos
	c := w.join(user(1))
	if err := w.Subscribe(t.Context(), "default", c.ID, "k.1", nil); err != nil {
		t.Fatal(err)
	}
	w.fill("k.1", 4, 4)
	pos.Offset = 2
	w.since(c, 1, "k.1", pos)
	w.fill("k.1", 5, 5)
	w.do(c, `{"type":"subscribe","topic":"k.1","id":2}`)
	c.want(t, 1, "subscribed at 3", "4", "reply1 at 2 true", "3", "4", "5", "reply2 at 5")
	if n := len(w.Members("default", "k.1")); n != 1 {
		t.Errorf("%d members", n)
	}
}

func TestRecoveryOfWhatIsAddressed(t *testing.T) {
	w := newWorld(t, handlers{}, remembers(t, 10))
	c := w.join(user(7))
	zero := w.say("k.1", `"message":1`).Pos
	w.say("k.1", `"message":2,"target":{"include":{"uid":7}}`)
	w.say("k.1", `"message":3,"target":{"include":{"uid":8}}`)
	w.say("k.1", fmt.Sprintf(`"message":4,"except":%q`, c.ID))
	w.say("k.1", `"message":5`)
	w.say("k.1", `"message":6,"target":{"exclude":{"uid":7}}`)
	zero.Offset = 0
	w.since(c, 1, "k.1", zero)
	c.want(t, 1, "reply1 at 0 true", "1", "2", "5")
	guest := w.join(map[string]any{})
	w.since(guest, 1, "k.1", zero)
	guest.want(t, 1, "reply1 at 0 true", "1", "4", "5")
	page := w.do(c, `{"type":"history","topic":"k.1","id":2}`)
	if !strings.Contains(page, `"messages":[{"message":1,"offset":1},{"message":2,"offset":2},{"message":5,"offset":5}]`) {
		t.Errorf("the history is %s", page)
	}
}

func TestRecoveryIsBounded(t *testing.T) {
	w := newWorld(t, handlers{}, func(ep *core.Endpoint) {
		remembers(t, 5000)(ep)
		ep.Limits.QueueBytes = 64 << 10
	})
	pos := w.fill("k.1", 1, 1).Pos
	w.fill("k.1", 2, maxRecovered+1)
	many := w.join(user(1))
	w.since(many, 1, "k.1", pos)
	many.wait(t, fmt.Sprintf(`"offset":%d}`, maxRecovered+1))
	if got := many.told(1); len(got) > 400 || got[0] == "reply1 at 1 true" || !strings.HasSuffix(got[0], " false") {
		t.Errorf("over its queue: %d frames, first %s", len(got), got[0])
	}
	big := w.say("k.2", `"message":0`).Pos
	for range 3 {
		w.say("k.2", `"message":"`+strings.Repeat("x", 20<<10)+`"`)
	}
	w.since(many, 2, "k.2", big)
	reply := many.wait(t, `"id":2`)
	if !strings.Contains(reply, `"offset":3,"recovered":false`) {
		t.Errorf("messages over the queue: %s", reply)
	}
}

// Of a topic that speaks mostly to others, one recovers its own from far back.
func TestRecoveryFromFarBack(t *testing.T) {
	w := newWorld(t, handlers{}, remembers(t, 10_000))
	zero := w.say("k.1", `"message":1,"target":{"include":{"uid":7}}`).Pos
	for range 2*maxRecovered + 500 {
		w.say("k.1", `"message":0,"target":{"include":{"uid":8}}`)
	}
	last := w.say("k.1", `"message":9,"target":{"include":{"uid":7}}`).Pos
	c := w.join(user(7))
	zero.Offset = 0
	w.since(c, 1, "k.1", zero)
	c.want(t, 1, "reply1 at 0 true", "1", fmt.Sprintf("9@%d", last.Offset))
}

// slowReads is an engine whose reads wait to be let on, or fail.
type slowReads struct {
	engine.Engine
	begun chan struct{}
	let   chan error
}

func (s slowReads) Read(ctx context.Context, k core.TopicKey, since *core.Position, limit int) (core.Past, error) {
	s.begun <- struct{}{}
	select {
	case err := <-s.let:
		if err != nil {
			return core.Past{}, err
		}
	case <-ctx.Done():
		return core.Past{}, ctx.Err()
	}
	return s.Engine.Read(ctx, k, since, limit)
}

func TestMeanwhile(t *testing.T) {
	removed := make(chan string, 10)
	w := newWorld(t, handlers{
		wants:   func(kind core.HookKind, _ string) bool { return kind == core.HookUnsubscribe },
		observe: func(ev *core.ClientEvent) { removed <- ev.Topic },
	}, remembers(t, 10))
	slow := slowReads{w.Engine, make(chan struct{}), make(chan error)}
	w.Engine = slow
	pos := w.fill("k.1", 1, 3).Pos
	pos.Offset = 1
	during := func(c *client, id int, do func(), err error) {
		t.Helper()
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.since(c, id, "k.1", pos)
		}()
		<-slow.begun
		do()
		slow.let <- err
		<-done
	}
	on := func() int { return len(w.Members("default", "k.1")) }
	everybody := func(c *client) core.Audience { return core.Audience{Sessions: []core.SessionID{c.ID}} }

	c := w.join(user(1))
	during(c, 1, func() { w.fill("k.1", 4, 5) }, nil)
	w.fill("k.1", 6, 6)
	c.want(t, 1, "reply1 at 1 true", "2", "3", "4", "5", "6")

	// A handler takes it off.
	d := w.join(user(2))
	during(d, 1, func() { w.Unsubscribe("default", everybody(d), "k.1", "out") }, nil)
	d.want(t, 1, "unsubscribed out", "error1 unavailable")
	if topic := <-removed; topic != "k.1" || on() != 1 {
		t.Errorf("%s was left, %d are on the topic", topic, on())
	}

	// The history cannot be read: who was there stays, who was not is not.
	during(d, 2, func() {}, errors.New("the disk is gone"))
	d.want(t, 3, "error2 unavailable")
	<-removed
	during(c, 2, func() { w.fill("k.1", 7, 7) }, errors.New("the disk is gone"))
	w.fill("k.1", 8, 8)
	c.wait(t, `"id":2`)
	c.wait(t, `"message":8`)
	if n := c.count(`"message":7`); n != 1 || on() != 1 {
		t.Errorf("7 came %d times, %d are on the topic", n, on())
	}

	// It goes.
	e := w.join(user(3))
	cmd := core.Command{Kind: core.CommandSubscribe, ID: "1", Topic: "k.1", Since: &pos}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Handle(context.Background(), e.Session, &cmd)
	}()
	<-slow.begun
	w.Leave(e.Session)
	slow.let <- nil
	<-done
	if on() != 1 {
		t.Errorf("%d are on the topic", on())
	}
	e.want(t, 1)
}

// Where nobody asks for the past, or would hear of it, none is read.
func TestNothingIsReadInVain(t *testing.T) {
	w := newWorld(t, handlers{}, remembers(t, 10))
	w.Engine = slowReads{w.Engine, nil, nil} // would wait for ever
	pos := w.fill("k.1", 1, 1).Pos
	c := w.join(user(1))
	w.since(c, 1, "plain", pos)
	w.do(c, `{"type":"subscribe","topic":"plain","id":2}`)
	w.do(c, `{"type":"subscribe","topic":"k.1"}`)
	w.do(c, `{"type":"history","topic":"plain","id":3}`)
	c.want(t, 1, "reply1 false", "reply2", "reply3")
}

func TestGapEndsASubscription(t *testing.T) {
	removed := make(chan string, 10)
	w := newWorld(t, handlers{
		wants:   func(kind core.HookKind, _ string) bool { return kind == core.HookUnsubscribe },
		observe: func(ev *core.ClientEvent) { removed <- ev.Topic },
	}, remembers(t, 10))
	c := w.join(user(1))
	w.do(c, `{"type":"subscribe","topic":"k.1","id":1}`)
	pos := w.fill("k.1", 1, 2).Pos
	w.Gap(c.Session, "k.1")
	if topic := <-removed; topic != "k.1" || w.Subscribed("default", c.ID, "k.1") || len(w.Members("default", "k.1")) != 0 {
		t.Errorf("left %s, and is still there", topic)
	}
	w.fill("k.1", 3, 3)
	w.since(c, 2, "k.1", pos)
	w.Gap(c.Session, "elsewhere")
	c.want(t, 1, "reply1 at 0", "1", "2", "unsubscribed gap", "reply2 at 2 true", "3", "unsubscribed gap")
	w.Leave(c.Session)
	w.Gap(c.Session, "k.1")
}
