package plugintest

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
)

//go:embed conformance
var conformance embed.FS

// Run checks a guest library: wasm is the guest that conformance/README.md
// describes, written with it.
func Run(t *testing.T, wasm []byte) {
	t.Helper()
	manifest, err := conformance.ReadFile("conformance/conformance.toml")
	if err != nil {
		t.Fatal(err)
	}
	source := fstest.MapFS{"conformance.toml": {Data: manifest}, "conformance.wasm": {Data: wasm}}
	cache := t.TempDir()
	files, err := fs.Glob(conformance, "conformance/cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("the cases are missing")
	}
	for _, file := range files {
		t.Run(path.Base(file), func(t *testing.T) {
			src, err := conformance.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := RunCase(t.Context(), source, "conformance", src, cache); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("pages", func(t *testing.T) {
		if err := RunCase(t.Context(), source, "conformance", pages(t), cache); err != nil {
			t.Error(err)
		}
	})
	t.Run("failures", func(t *testing.T) { runFailures(t, source, cache) })
}

// runFailures sends what must not be answered: a trap, and calls that the host
// refuses. After each the plugin goes on.
func runFailures(t *testing.T, source fs.FS, cache string) {
	for _, c := range []struct{ event, data string }{
		{"trap", `null`},
		{"publish", `{"topic":"other","message":1}`},
		{"publish", `{"topic":"conformance.t","message":1,"target":[]}`},
		{"history", `{"topic":"other"}`},
		{"history", `{"topic":"conformance.t","limit":1001}`},
		{"fetch", `{"url":"https://elsewhere.example.com/"}`},
		{"kv_pages", `{"prefix":"` + strings.Repeat("k", plugin.MaxKey+1) + `","limit":1}`},
		{"kv_pages", `{"prefix":"","limit":1001}`},
		{"defer", `{"key":"h"}`}, // nobody waits: the event has no request
	} {
		runFailure(t, source, cache, c.event, c.data)
	}
}

// runFailure has a host of its own: several failures pause a plugin.
func runFailure(t *testing.T, source fs.FS, cache, event, data string) {
	h := plugin.NewHost(plugin.Options{
		Sources: []fs.FS{source}, CacheDir: cache, Store: new(Store), ParseTarget: cases.ParseTarget, Log: slog.New(slog.DiscardHandler), LeastDeadline: plugin.MaxDeadline,
	})
	defer func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := h.Load(t.Context(), []*core.Endpoint{{Name: cases.Endpoint, Plugins: []string{"conformance"}}}); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(context.WithoutCancel(t.Context()), new(Services)); err != nil {
		t.Fatal(err)
	}
	send := func(event, data string) (string, error) {
		v, err := h.Decide(t.Context(), &core.ClientEvent{
			Kind: core.HookMessage, Endpoint: cases.Endpoint, Event: "conformance." + event, Session: "s", User: "7",
			Claims: &core.Claims{User: "7"}, Time: time.UnixMilli(cases.StartTime), Data: []byte(data),
		})
		return string(v.Data), err
	}
	if answer, err := send(event, data); err == nil {
		t.Errorf("%s %s was answered: %s", event, data, answer)
	}
	if answer, err := send("nothing", `null`); err != nil {
		t.Fatalf("after %s: %s, %v", event, answer, err)
	}
}
