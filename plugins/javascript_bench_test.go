package plugins_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/driplet/driplet/cmd/driplet/build/javascript"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
	"github.com/driplet/driplet/core/target"
	"github.com/driplet/driplet/plugins"
)

const benchScript = `import { fail, kv, on, publish } from "driplet";
on("room.echo", (e) => e.data);
on("room.send", (e) => {
  const t = "room." + e.data.room;
  if (!e.subscribed(t)) fail("room.not_member", "enter the room first");
  const id = kv.incr("seq/" + t), message = { id, from: e.user, text: e.data.text, at: e.time };
  kv.set("msg/" + t + "/" + String(id).padStart(12, "0"), message, { ttl: "7d" });
  publish(t, message, { event: "room.message" });
  return { id };
});
`

const benchManifest = `name = "room"
version = "1.0.0"
abi = 1
events = ["room.*"]
[capabilities]
publish = ["room.*"]
presence = ["room.*"]
kv = "1 GiB"
`

// directSend is room.send in Go, with encoding/json.
func directSend(store map[string][]byte, user string, at int64, data []byte) ([]byte, error) {
	var in struct{ Room, Text string }
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	t := "room." + in.Room
	if store["in/"+t] == nil {
		return nil, fmt.Errorf("not a member")
	}
	id, _ := strconv.Atoi(string(store["seq/"+t]))
	id++
	store["seq/"+t] = strconv.AppendInt(nil, int64(id), 10)
	message, err := json.Marshal(map[string]any{"id": id, "from": user, "text": in.Text, "at": at})
	if err != nil {
		return nil, err
	}
	store["msg/"+t+"/"+fmt.Sprintf("%012d", id%1000)] = message
	return json.Marshal(map[string]any{"id": id})
}

// BenchmarkJavaScript gives events to a plugin in JavaScript and, in turns, to
// the same handler in Go, and tells the medians.
func BenchmarkJavaScript(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.ts"), []byte(benchScript), 0o600); err != nil {
		b.Fatal(err)
	}
	wasm, err := javascript.Engine(b.Context(), javascript.Source{File: engine})
	if err != nil {
		b.Fatal(err)
	}
	library, adapter := plugins.JavaScript()
	wasm, _, err = javascript.Build(javascript.Options{Dir: dir, Entry: "main.ts", Engine: wasm, Library: library, Adapter: adapter})
	if err != nil {
		b.Fatal(err)
	}
	h := plugin.NewHost(plugin.Options{
		Sources: []fs.FS{fstest.MapFS{"room.toml": {Data: []byte(benchManifest)}, "room.wasm": {Data: wasm}}},
		Store:   new(cases.Store), Log: slog.Default(), ParseTarget: target.Parse, LeastDeadline: time.Second,
	})
	defer h.Close()
	start := time.Now()
	if err := h.Load(b.Context(), []*core.Endpoint{{Name: "default", Plugins: []string{"room"}}}); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d bytes, loaded in %v", len(wasm), time.Since(start))
	services := new(cases.Services)
	services.SetSubscribed(map[string][]core.SessionID{"room.lobby": {"s"}})
	if err := h.Start(b.Context(), services); err != nil {
		b.Fatal(err)
	}
	data := []byte(`{"room":"lobby","text":"hello there, how are you?"}`)
	store := map[string][]byte{"in/room.lobby": {}}
	for _, event := range []string{"room.echo", "room.send"} {
		b.Run(event, func(b *testing.B) {
			var took [2][]time.Duration
			for n := 0; b.Loop(); n++ {
				at := 1700000000000 + int64(n)
				start := time.Now()
				if _, err := h.Decide(b.Context(), &core.ClientEvent{
					Kind: core.HookMessage, Endpoint: "default", Event: event, Session: "s", User: "7", Request: "1",
					Claims: &core.Claims{User: "7"}, Time: time.UnixMilli(at), Data: data,
				}); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				if _, err := directSend(store, "7", at, data); err != nil {
					b.Fatal(err)
				}
				took[0], took[1] = append(took[0], middle.Sub(start)), append(took[1], time.Since(middle))
			}
			for i := range took {
				slices.Sort(took[i])
			}
			js, direct := took[0][len(took[0])/2], took[1][len(took[1])/2]
			b.ReportMetric(float64(took[0][len(took[0])/10]), "js-p10")
			b.ReportMetric(float64(took[1][len(took[1])/10]), "direct-p10")
			b.ReportMetric(float64(js), "js-ns")
			if event == "room.send" {
				b.ReportMetric(float64(direct), "direct-ns")
				b.ReportMetric(float64(js)/float64(direct), "ratio")
			}
		})
	}
}
