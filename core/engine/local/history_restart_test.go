package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/engine/enginetest"
	"github.com/driplet/driplet/core/engine/local"
)

func past(t *testing.T, e *local.Engine, topic string, since *core.Position) core.Past {
	t.Helper()
	past, err := e.Read(background, core.TopicKey{Endpoint: "e", Topic: topic}, since, 1<<20)
	is(t, err, nil)
	return past
}

func put(t *testing.T, e *local.Engine, ev *core.Event) core.Position {
	t.Helper()
	_, err := e.Append(background, []*core.Event{ev}, engine.AppendOptions{})
	is(t, err, nil)
	return ev.Pos
}

// TestRestartKeepsHistory: after a clean end everything is as it was.
func TestRestartKeepsHistory(t *testing.T) {
	clock, path := enginetest.NewClock(), t.TempDir()
	o := local.Options{Now: clock.Now}
	var want []*core.Event
	var never core.Position
	for round := range 4 {
		e := open(t, path, nobody{}, o)
		if got := past(t, e, "never", nil).Head; round > 0 && got != never {
			t.Fatalf("a topic nobody published to stood at %v, and stands at %v", never, got)
		} else {
			never = got
		}
		if got := past(t, e, "t", &core.Position{Epoch: past(t, e, "t", nil).Head.Epoch}); !got.Whole || !reflect.DeepEqual(got.Events, want) {
			t.Fatalf("round %d: %d events, whole: %v; want %d", round, len(got.Events), got.Whole, len(want))
		}
		for i, keep := range []core.History{keepAlways, keepBatch, keepAlways} {
			ev := keeping("t", fmt.Sprint(round, ".", i), keep)
			ev.From, ev.Except, ev.Overflow = "user", "session", core.OverflowDropOldest
			if i == 1 {
				ev.Target = &core.Target{
					Raw:     []byte(`{"include":{"uid":[1,"a"]}}`),
					Include: []core.Condition{{Path: "uid", Want: core.Values{List: true, Values: []core.Value{core.StringValue("1"), core.StringValue("a")}}}},
					All:     []core.Condition{{Path: "x.y", Want: core.Values{Values: []core.Value{core.ValueNull}}}, {Path: "empty", Want: core.Values{List: true}}},
				}
			}
			at := put(t, e, ev)
			if len(want) > 0 && at != (core.Position{Epoch: want[0].Pos.Epoch, Offset: uint64(len(want) + 1)}) {
				t.Fatalf("the %d. event is at %v", len(want)+1, at)
			}
			want = append(want, ev)
		}
		for _, ev := range want {
			ev.Keep = keepAlways // the last
		}
		put(t, e, keeping("plain", "not kept", core.History{}))
		shut(t, e)
		clock.Step(time.Minute)
	}
	clock.Step(time.Hour - 3*time.Minute)
	e := open(t, path, nobody{}, o)
	defer shut(t, e)
	if got := past(t, e, "t", nil); len(got.Events) != 6 || got.Head.Offset != 12 {
		t.Fatalf("%d events are young enough, want 6", len(got.Events))
	}
	local.Tick(e)
	if got := past(t, e, "t", &want[5].Pos); len(got.Events) != 6 || !got.Whole {
		t.Fatalf("after a sweep: %d events, whole: %v", len(got.Events), got.Whole)
	}
}

// copied is a folder as a power cut would leave it: with what was synced, and
// some of what was not.
func copied(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	is(t, os.CopyFS(to, os.DirFS(path)), nil)
	return to
}

// TestUncleanEndOfHistory: topics that are always synced go on, all others
// have another epoch, and stay with it.
func TestUncleanEndOfHistory(t *testing.T) {
	path := t.TempDir()
	e := open(t, path, nobody{}, local.Options{})
	never := past(t, e, "never", nil).Head
	always := put(t, e, keeping("always", "a", keepAlways))
	batch := put(t, e, keeping("batch", "a", keepBatch))
	put(t, e, keeping("was always", "a", keepAlways))
	was := put(t, e, keeping("was always", "b", keepBatch))
	put(t, e, keeping("was batch", "a", keepBatch))
	is2 := put(t, e, keeping("was batch", "b", keepAlways))
	local.Tick(e)
	put(t, e, keeping("batch", "lost", keepBatch))
	path = copied(t, path)
	shut(t, e)

	for round := range 3 {
		e = open(t, path, nobody{}, local.Options{})
		if got := past(t, e, "always", &always); !got.Whole || got.Head != always {
			t.Fatalf("round %d: %+v", round, got)
		}
		if got := past(t, e, "was batch", &core.Position{Epoch: is2.Epoch}); !got.Whole || got.Head != is2 || len(got.Events) != 2 {
			t.Fatalf("round %d: %+v", round, got)
		}
		for topic, at := range map[string]core.Position{"batch": batch, "was always": was, "never": never} {
			got := past(t, e, topic, &at)
			if got.Whole || got.Head.Epoch == at.Epoch || len(got.Events) != int(at.Offset) {
				t.Fatalf("round %d, %s: %+v", round, topic, got)
			}
			if again := past(t, e, topic, &got.Head); !again.Whole || again.Head != got.Head {
				t.Fatalf("round %d, %s: %+v", round, topic, again)
			}
		}
		if round == 1 {
			head := past(t, e, "batch", nil).Head
			if next := put(t, e, keeping("batch", "b", keepBatch)); next != (core.Position{Epoch: head.Epoch, Offset: head.Offset + 1}) {
				t.Fatalf("%v after %v", next, head)
			}
			batch.Offset++ // there are so many now
		}
		shut(t, e)
	}
}
