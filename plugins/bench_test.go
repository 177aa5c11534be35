package plugins_test

import (
	"io/fs"
	"log/slog"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/plugintest"
	"github.com/driplet/driplet/plugins"
)

// What one event of a bundled plugin costs, host included, with a store in
// memory.
func BenchmarkEvents(b *testing.B) {
	for _, c := range []struct{ name, event, data string }{
		{"chat.typing", "chat.typing", `{"room":"lobby"}`},
		{"chat.send", "chat.send", `{"room":"lobby","text":"hello there, how are you?"}`},
		{"chat.enter", "chat.enter", `{"room":"lobby"}`},
		{"analytics.view", "analytics.view", `{"page":"/a/b?c=d","referrer":"https://example.com/"}`},
		{"analytics.snapshot", "analytics.snapshot", `{}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			h := benchHost(b)
			for i := 0; b.Loop(); i++ {
				_, err := h.Decide(b.Context(), &core.ClientEvent{
					Kind: core.HookMessage, Endpoint: "default", Event: c.event, Session: "s", User: "7", Request: "1",
					Claims: &core.Claims{User: "7", Custom: []byte(`{"name":"Ada","roles":["administrator"]}`)},
					Time:   time.UnixMilli(1700000000000 + int64(i)), Data: []byte(c.data),
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchHost(b *testing.B) *plugin.Host {
	h := plugin.NewHost(plugin.Options{
		Sources: []fs.FS{plugins.Bundled()}, Store: new(plugintest.Store), Log: slog.New(slog.DiscardHandler),
		ParseTarget: func([]byte) (*core.Target, error) { return nil, nil },
	})
	b.Cleanup(func() {
		if err := h.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := h.Load(b.Context(), []*core.Endpoint{{Name: "default", Plugins: []string{"chat", "analytics"}}}); err != nil {
		b.Fatal(err)
	}
	services := new(plugintest.Services)
	services.SetSubscribed(map[string][]core.SessionID{"chat.lobby": {"s"}})
	services.SetMembers(map[string][]core.Member{"chat.lobby": {{ID: "7", Info: []byte(`{"name":"Ada"}`)}, {ID: "8", Info: []byte(`{"name":"Bob"}`)}}})
	if err := h.Start(b.Context(), services); err != nil {
		b.Fatal(err)
	}
	return h
}
