package node

import (
	"context"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// keeps is an engine that tells what each event that it places is to be kept by.
type keeps struct {
	engine.Engine
	told chan core.History
}

func (k keeps) Append(ctx context.Context, events []*core.Event, o engine.AppendOptions) ([]engine.Placed, error) {
	for _, ev := range events {
		k.told <- ev.Keep
	}
	return k.Engine.Append(ctx, events, o)
}

func TestTheRuleSaysWhatIsKept(t *testing.T) {
	rule := core.History{Size: 5, Age: time.Hour, Sync: core.SyncAlways}
	w := newWorld(t, handlers{}, func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{{Match: pattern(t, "kept.*"), History: rule}}
	})
	k := keeps{w.Engine, make(chan core.History, 1)}
	w.Engine = k
	for _, c := range []struct {
		topic string
		not   bool
		want  core.History
	}{{"kept.1", false, rule}, {"kept.1", true, core.History{}}, {"other", false, core.History{}}} {
		ev := &core.Event{Key: core.TopicKey{Endpoint: "default", Topic: c.topic}, Data: []byte(`1`), NoHistory: c.not}
		if err := w.Publish(t.Context(), ev, ""); err != nil {
			t.Fatal(err)
		}
		if got := <-k.told; got != c.want {
			t.Errorf("%s, not to be kept %v: Keep is %+v, want %+v", c.topic, c.not, got, c.want)
		}
	}
	if _, err := w.publish(body(`,"topic":"kept.2","message":1`)); err != nil {
		t.Fatal(err)
	}
	if got := <-k.told; got != rule {
		t.Errorf("a backend's: Keep is %+v, want %+v", got, rule)
	}
}

func TestAnIdIsOfAnEventThatIsKept(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	publish := func(not bool) error {
		return w.Publish(t.Context(), &core.Event{Key: core.TopicKey{Endpoint: "default", Topic: "t"}, Data: []byte(`1`), NoHistory: not}, "once")
	}
	if err := publish(true); err != nil {
		t.Fatal(err)
	}
	if err := publish(true); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := publish(false); core.AsError(err).Code != core.CodeConflict {
		t.Errorf("the same id for an event that is kept: %v, want conflict", err)
	}
}

func TestHistoryIsOfTopicsThatKeepOne(t *testing.T) {
	w := newWorld(t, handlers{}, func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{{Match: pattern(t, "kept.*"), History: core.History{Size: 5}}}
	})
	if _, err := w.History(t.Context(), "Default", "kept.1", nil, 5); err != nil {
		t.Error(err)
	}
	if _, err := w.History(t.Context(), "default", "other", nil, 5); core.AsError(err).Code != core.CodeNotFound {
		t.Errorf("got %v, want not_found", err)
	}
	if _, err := w.History(t.Context(), "elsewhere", "kept.1", nil, 5); core.AsError(err).Code != core.CodeNotFound {
		t.Errorf("got %v, want not_found", err)
	}
}
