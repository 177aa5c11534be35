package plugin_test

import (
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

func benchmarkDecide(b *testing.B, wasm []byte, ev *core.ClientEvent) {
	r := mustLoad(b, map[string]plug{"p": {granting("p"), wasm}}, func(o *plugin.Options) { o.Trace, o.Meter = nil, nil })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Decide(b.Context(), ev); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEcho is one event in and its data back.
func BenchmarkEcho(b *testing.B) {
	benchmarkDecide(b, echo(), message("p.x", `{"room":"lobby","text":"hello, everybody"}`))
}

// BenchmarkChat is what a chat's handler does: read two fields, count, keep,
// publish, answer.
func BenchmarkChat(b *testing.B) {
	g := newGuest("json_get", "subscribed", "kv_incr", "kv_set", "publish")
	doc := text(`{"room":"lobby","text":"hello, everybody"}`)
	g.call("json_get", doc, text("room"), out{}).call("json_get", doc, text("text"), out{})
	g.call("subscribed", text("s1"), text("chat.lobby")).call("kv_incr", text("seq/chat.lobby"), int64(1), int64(0), guestOut)
	g.call("kv_set", text("msg/chat.lobby/000000000001"), doc, int64(7*86400_000))
	g.call("publish", text("chat.lobby"), doc, text(""), options("chat.message"))
	benchmarkDecide(b, g.answer(`{"id":1}`, false), message("p.x", `1`))
}

// BenchmarkEchoParallel is BenchmarkEcho from as many callers as processors.
func BenchmarkEchoParallel(b *testing.B) {
	r := mustLoad(b, map[string]plug{"p": {granting("p"), echo()}}, func(o *plugin.Options) { o.Trace, o.Meter = nil, nil })
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		ev := message("p.x", `{"room":"lobby","text":"hello, everybody"}`)
		for pb.Next() {
			if _, err := r.Decide(b.Context(), ev); err != nil {
				b.Error(err)
			}
		}
	})
}
