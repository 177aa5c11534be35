package plugins_test

import (
	"io/fs"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/plugintest"
	"github.com/driplet/driplet/plugins"
)

// BenchmarkMetering tells what one event of a bundled plugin costs, host
// included, with a store in memory: with and without metering, in turns, the
// medians and how many times as long the metered ones take.
func BenchmarkMetering(b *testing.B) {
	for _, c := range []struct{ event, data string }{
		{"chat.typing", `{"room":"lobby"}`},
		{"chat.send", `{"room":"lobby","text":"hello there, how are you?"}`},
		{"chat.enter", `{"room":"lobby"}`},
		{"analytics.view", `{"page":"/a/b?c=d","referrer":"https://example.com/"}`},
		{"analytics.snapshot", `{}`},
	} {
		b.Run(c.event, func(b *testing.B) {
			hosts := [2]*plugin.Host{bundled(b, true), bundled(b, false)}
			var took [2][]time.Duration
			for n := 0; b.Loop(); n++ {
				for i, h := range hosts {
					start := time.Now()
					if _, err := h.Decide(b.Context(), &core.ClientEvent{
						Kind: core.HookMessage, Endpoint: "default", Event: c.event, Session: "s", User: "7", Request: "1",
						Claims: &core.Claims{User: "7", Custom: []byte(`{"name":"Ada","roles":["administrator"]}`)},
						Time:   time.UnixMilli(1700000000000 + int64(n)), Data: []byte(c.data),
					}); err != nil {
						b.Fatal(err)
					}
					took[i] = append(took[i], time.Since(start))
				}
			}
			for i := range took {
				slices.Sort(took[i])
			}
			plain, metered := took[0][len(took[0])/2], took[1][len(took[1])/2]
			b.ReportMetric(float64(plain), "plain-ns")
			b.ReportMetric(float64(metered), "metered-ns")
			b.ReportMetric(float64(metered)/float64(plain), "ratio")
		})
	}
}

// bundled is a host of the bundled plugins with a store in memory.
func bundled(b *testing.B, unmetered bool) *plugin.Host {
	o := plugin.Options{
		Sources: []fs.FS{plugins.Bundled()}, Store: new(plugintest.Store), Log: slog.New(slog.DiscardHandler),
		ParseTarget: func([]byte) (*core.Target, error) { return nil, nil }, Unmetered: unmetered,
	}
	h := plugin.NewHost(o)
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
