package local

import (
	"fmt"
	"hash/fnv"
	"io"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// memory is an engine without a folder, whose time stands at *now.
func memory(t *testing.T, now *time.Time, bytes int64) *Engine {
	t.Helper()
	e, err := Open("", deaf{}, Options{Now: func() time.Time { return *now }, HistoryBytes: bytes})
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	return e
}

func (e *Engine) keep(t *testing.T, topic string, h core.History) core.Position {
	t.Helper()
	ev := &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: topic}, Data: make([]byte, 100), Keep: h}
	_, err := e.Append(background, []*core.Event{ev}, engine.AppendOptions{})
	must(t, err)
	return ev.Pos
}

func (e *Engine) read(t *testing.T, topic string, since *core.Position) core.Past {
	t.Helper()
	past, err := e.Read(background, core.TopicKey{Endpoint: "e", Topic: topic}, since, 1<<20)
	must(t, err)
	return past
}

// counts what is held, by hand.
func (h *histories) count(t *testing.T) {
	t.Helper()
	var used int64
	listed := 0
	for x := h.recent.older; x != &h.recent; x = x.older {
		listed++
	}
	for k, x := range h.topics {
		if used += topicBytes + int64(len(k.Endpoint)+len(k.Topic)); x.place != unplanned && h.dues[x.place] != x {
			t.Fatalf("%v is not where it was planned", k)
		}
		for i := range x.ring.n {
			used += sizeOfEvent(x.ring.at(i).event)
		}
	}
	if used != h.used || listed != len(h.topics) {
		t.Fatalf("%d bytes of %d topics are held, %d of %d counted", used, len(h.topics), h.used, listed)
	}
}

// TestHistoryBound: the topic that was published to the longest ago gives way.
func TestHistoryBound(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	const bound = 100_000
	e := memory(t, &now, bound)
	always := core.History{Size: 1 << 20}
	for range 50 {
		e.keep(t, "old", always)
		e.keep(t, "busy", always)
	}
	old := e.read(t, "old", nil)
	n := 0
	for ; len(e.read(t, "old", nil).Events) == 50; n++ {
		e.keep(t, "busy", always)
	}
	busy := e.read(t, "busy", nil)
	if len(busy.Events) != 50+n {
		t.Fatalf("busy keeps %d events of %d while old still has some", len(busy.Events), 50+n)
	}
	left := e.read(t, "old", &old.Head)
	if !left.Whole || left.Head != old.Head {
		t.Fatalf("who heard all of old is told %+v", left)
	}
	since := core.Position{Epoch: old.Head.Epoch}
	if left = e.read(t, "old", &since); left.Whole || len(left.Events) == 0 || left.Events[len(left.Events)-1].Pos != old.Head {
		t.Fatalf("what old lost is not told: %v, %d events", left.Whole, len(left.Events))
	}
	for range 2000 {
		e.keep(t, "busy", always)
		if e.histories.used > bound {
			t.Fatalf("%d bytes are held, the bound is %d", e.histories.used, bound)
		}
	}
	e.histories.count(t)
	if since = e.read(t, "busy", nil).Events[0].Pos; since.Offset < 1000 || !e.read(t, "busy", &since).Whole {
		t.Fatalf("a topic alone keeps events from %v on", since)
	}
	if gone := e.read(t, "old", &old.Head); gone.Whole || gone.Head.Offset != 0 || gone.Head.Epoch == old.Head.Epoch {
		t.Fatalf("old was forgotten, and is read as %+v", gone)
	}
	for range 50 {
		if again := e.keep(t, "old", always); again.Epoch == old.Head.Epoch {
			t.Fatal("a forgotten topic took its epoch again")
		}
	}
	// One that is larger than all there is for history has its place, and is not kept.
	ev := &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: "large"}, Data: make([]byte, 2*bound), Keep: always}
	_, err := e.Append(background, []*core.Event{ev}, engine.AppendOptions{})
	must(t, err)
	if large := e.read(t, "large", &core.Position{Epoch: ev.Pos.Epoch}); large.Whole || large.Head != ev.Pos || len(large.Events) > 0 {
		t.Fatalf("read as %+v", large)
	}
	e.histories.count(t)
}

// TestHistoryForgets: topics that were used once, or only read, leave nothing,
// and one that is forgotten begins in another epoch.
func TestHistoryForgets(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	e := memory(t, &now, 1<<30)
	h := e.histories
	minute := core.History{Size: 5, Age: time.Minute}
	const topics = 3 * sweepSome
	heads := map[string]core.Position{}
	for i := range topics {
		topic := fmt.Sprint("topic", i)
		e.read(t, "never "+topic, nil)
		e.keep(t, topic, minute)
		heads[topic] = e.keep(t, topic, minute)
	}
	if len(h.topics) != topics {
		t.Fatalf("%d topics are known, %d were published to", len(h.topics), topics)
	}
	now = now.Add(time.Minute)
	used := e.keep(t, "stays", core.History{Size: 5})
	e.tick(true)
	for _, x := range h.topics {
		if x.key.Topic != "stays" && x.ring.n > 0 {
			t.Fatal("what is over takes memory")
		}
	}
	h.count(t)
	for topic, head := range heads {
		if past := e.read(t, topic, &head); !past.Whole || past.Head != head {
			t.Fatalf("who heard all of %s is told %+v", topic, past)
		}
	}
	now = now.Add(30 * time.Minute)
	e.keep(t, "topic0", minute)
	now = now.Add(forgetAfter - 30*time.Minute)
	e.tick(true)
	if h.count(t); len(h.topics) != 2 || e.read(t, "stays", nil).Head != used {
		t.Fatalf("%d topics are known", len(h.topics))
	}
	for topic, head := range heads {
		if topic == "topic0" {
			continue
		}
		if past := e.read(t, topic, &head); past.Whole {
			t.Fatalf("%s was forgotten, and is read as %+v", topic, past)
		}
		for range 2 {
			e.keep(t, topic, minute)
		}
		if past := e.read(t, topic, &head); past.Whole || past.Head.Offset != 2 {
			t.Fatalf("%s goes on where it was: %+v", topic, past)
		}
	}
	now = now.Add(3 * forgetAfter)
	for range 3 {
		e.tick(true)
		now = now.Add(forgetAfter)
	}
	if h.count(t); len(h.topics) != 1 || len(h.dues) != 0 {
		t.Fatalf("%d topics are known, %d are planned", len(h.topics), len(h.dues))
	}
}

// TestEpochs: two engines never share one.
func TestEpochs(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	a, b := memory(t, &now, 0).read(t, "t", nil).Head, memory(t, &now, 0).read(t, "t", nil).Head
	if a.Epoch == b.Epoch || len(a.Epoch) != epochBytes {
		t.Fatalf("%v and %v", a, b)
	}
}

// TestBucket: it is the hash that a folder was written with (hash/fnv).
func TestBucket(t *testing.T) {
	for _, k := range []core.TopicKey{{}, {Endpoint: "default", Topic: "user.7"}, {Topic: "é\xff"}} {
		h := fnv.New32a()
		io.WriteString(h, k.Endpoint+"\x00"+k.Topic)
		if sum := h.Sum32(); bucketOf(k) != uint16(sum^sum>>16) {
			t.Fatalf("%v is in bucket %d", k, bucketOf(k))
		}
	}
}

// FuzzRing compares with a slice: each byte pushes or pops.
func FuzzRing(f *testing.F) {
	f.Add([]byte{1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, calls []byte) {
		var r ring
		var want []int64
		for i, c := range calls {
			if c%3 > 0 {
				r.push(kept{at: int64(i), event: &core.Event{Name: fmt.Sprint(i)}})
				want = append(want, int64(i))
			} else if len(want) > 0 {
				if got := r.pop(); got.at != want[0] {
					t.Fatalf("popped %d, want %d", got.at, want[0])
				}
				want = want[1:]
			}
			if r.n != len(want) || len(r.slots) > max(smallRing, 4*r.n) {
				t.Fatalf("%d are in %d slots, want %d", r.n, len(r.slots), len(want))
			}
			for j, ev := range r.events(0, r.n) {
				if ev.Name != fmt.Sprint(want[j]) {
					t.Fatalf("%d. is %s, want %d", j, ev.Name, want[j])
				}
			}
		}
	})
}
