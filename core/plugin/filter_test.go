package plugin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

func publishTo(topic string) *core.ClientEvent {
	return &core.ClientEvent{
		Kind: core.HookPublish, Endpoint: "a", Topic: topic, Event: "said", Session: "s", User: "7", Time: time.UnixMilli(1_700_000_000_123),
		Data: []byte(`"darn"`), Target: &core.Target{Raw: []byte(`{"include":{"uid":1}}`)},
	}
}

func filters(order int, more string) string {
	return fmt.Sprintf("topics = [\"room.*\"]\nhooks = [\"publish\"]\norder = %d\n%s", order, more)
}

// TestPublishFiltersInTurn: each sees what the one before has made of the
// message, and only those whose topic it is are asked.
func TestPublishFiltersInTurn(t *testing.T) {
	target := `{"include":{"uid":2}}`
	r := mustLoad(t, map[string]plug{
		"zebra": {filters(1, ""), newGuest().answer("\x02[ 1 ]", false)},
		"alpha": {filters(2, ""), newGuest().answer("\x03"+target, false)},
		"beta":  {filters(2, ""), newGuest().answer("", false)},
		"else":  {"topics = [\"*.hall\"]\nhooks = [\"publish\"]\n", newGuest().answer("\x01", false)},
		"quiet": {"topics = [\"*\"]\nhooks = [\"subscribe\"]\n", newGuest().answer("", false)},
	})
	v, err := r.Decide(t.Context(), publishTo("room.1"))
	if err != nil || string(v.Data) != `[1]` || v.Drop || string(v.Target.Raw) != target {
		t.Fatalf("%+v, %v", v, err)
	}
	var seen []string
	for _, tr := range r.tracesOf(plugin.KindPublish) {
		seen = append(seen, fmt.Sprintf("%s %s %s %s %s", tr.Plugin, tr.Input.Event, tr.Input.Data, tr.Input.Target, tr.Answer))
	}
	want := []string{
		`zebra said "darn" {"include":{"uid":1}} {"replace":[1]}`,
		`alpha said [1] {"include":{"uid":1}} {"retarget":` + target + `}`,
		`beta said [1] ` + target + ` "pass"`,
	}
	if got := strings.Join(seen, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s", got)
	}
	v, err = r.Decide(t.Context(), publishTo("the.hall"))
	if err != nil || !v.Drop {
		t.Errorf("%+v, %v", v, err)
	}
	if r.Wants("a", core.HookPublish, "other") || !r.Wants("a", core.HookPublish, "room.2") || r.Wants("c", core.HookPublish, "room.2") {
		t.Error("Wants goes by topics")
	}
	_, err = r.Decide(t.Context(), publishTo("other"))
	wantCode(t, err, core.CodeUnavailable)
}

// TestPublishFailsClosed: unless the manifest says otherwise; and what a
// handler that failed asked for is not done.
func TestPublishFailsClosed(t *testing.T) {
	trap := newGuest().finish(asm.Unreachable)
	for policy, after := range map[string]string{"refuse": "", "pass": "\x01"} {
		r := mustLoad(t, map[string]plug{
			"aa": {filters(0, fmt.Sprintf("on_failure = %q\n", policy)), trap},
			"bb": {filters(1, ""), newGuest().answer(after, false)},
		})
		v, err := r.Decide(t.Context(), publishTo("room.1"))
		if policy == "refuse" {
			wantCode(t, err, core.CodePluginFailed)
		} else if err != nil || !v.Drop {
			t.Errorf("%+v, %v", v, err)
		}
	}
}

// TestPublishRefusal: it reaches the publisher as it is, its effects are
// applied, and who waits for an answer cannot be kept waiting.
func TestPublishRefusal(t *testing.T) {
	g := newGuest("publish", "defer").call("defer").call("publish", text("p.t"), text("1"), text(""), text(""))
	r := mustLoad(t, map[string]plug{"p": {filters(0, "[capabilities]\npublish = [\"p.*\"]\n"), g.answer(`{"code":"p.no","message":"no"}`, true)}})
	published := 0
	r.services.Published = func(*core.Event, string) { published++ }
	_, err := r.Decide(t.Context(), publishTo("room.1"))
	wantCode(t, err, "p.no")
	if got := r.calls(); published != 1 || len(got) != 2 || got[0] != int64(plugin.ErrnoNoRequest) {
		t.Errorf("%d published, calls %v", published, got)
	}
}

// BenchmarkWants tells what every publish pays where no plugin filters it.
func BenchmarkWants(b *testing.B) {
	r := mustLoad(b, map[string]plug{
		"chat": {"topics = [\"chat.*\"]\nhooks = [\"subscribe\"]\n", newGuest().answer("", false)},
		"mod":  {"topics = [\"mod.*\"]\nhooks = [\"publish\"]\n", newGuest().answer("", false)},
	})
	for name, endpoint := range map[string]string{"other topics": "a", "no plugins": "none"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r.Wants(endpoint, core.HookPublish, "news") {
					b.Fatal("it wants a topic of others")
				}
			}
		})
	}
}

// BenchmarkPublishHook tells what a message pays that one filter lets pass.
func BenchmarkPublishHook(b *testing.B) {
	h := mustLoad(b, map[string]plug{"mod": {filters(0, ""), newGuest().answer("\x00", false)}}, func(o *plugin.Options) { o.Trace, o.Meter = nil, nil })
	ev := publishTo("room.1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Decide(b.Context(), ev); err != nil {
			b.Fatal(err)
		}
	}
}
