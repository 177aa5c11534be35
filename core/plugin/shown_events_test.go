package plugin_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// keepEvent is a guest that keeps the whole of its event under the key "k", and
// may import json_get.
func keepEvent(imports ...string) []byte {
	g := newGuest(append(imports, "kv_set")...)
	ptr, n := g.place("k")
	return g.do(asm.I32Const(ptr), asm.I32Const(n), asm.LocalGet(1), asm.LocalGet(2), asm.I64Const(0), asm.Call(g.funcs["kv_set"]), asm.Drop).answer("", false)
}

func TestWhoIsShownAnIndex(t *testing.T) {
	r := mustLoad(t, map[string]plug{"p": {granting("p"), keepEvent()}, "q": {granting("q"), keepEvent("json_get")}})
	many := "{" + strings.Repeat(`"a":1,`, 15) + `"b":"\n"}`
	for name, c := range map[string]struct {
		data  string
		shown bool
	}{
		"p.none":    {`{"a":1}`, false},
		"q.small":   {`{"a":1}`, true},
		"q.members": {many, true},
		"q.many":    {many[:len(many)-1] + `,"c":1}`, false},
		"q.large":   {`{"a":"` + strings.Repeat("x", 4096-8) + `"}`, true},
		"q.larger":  {`{"a":"` + strings.Repeat("x", 4096-7) + `"}`, false},
		"q.empty":   {``, false},
		"q.list":    {`[1]`, false},
		"q.escapes": {`{"\u0061":1}`, false},
	} {
		ev := message(name, c.data)
		if _, err := r.Decide(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
		trace := r.lastTrace()
		got := trace.Effects[0].Data
		plain, indexed := trace.Input.AppendEnvelope(nil), trace.Input.AppendIndexed(nil)
		if bytes.Equal(plain, indexed) && c.shown {
			t.Errorf("%s: there is no index", name)
		}
		want := plain
		if c.shown {
			want = indexed
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the guest got %x, want %x", name, got, want)
		}
	}
}

// Reading fields costs the host no allocation either, nor does the index of an
// event from which nothing is read.
func TestShowingAllocatesNothing(t *testing.T) {
	g := newGuest("json_get")
	r := mustLoad(t, map[string]plug{"p": {granting("p"), g.answer("", false)}}, func(o *plugin.Options) { o.Trace, o.Meter = nil, nil })
	ev := message("p.x", `{"room":"lobby","text":"hello,\neverybody","é":[1]}`)
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := r.Decide(t.Context(), ev); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations an event", n)
	}
}
