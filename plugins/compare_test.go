package plugins_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/plugintest"
)

// rival is a row of the table: a handler and how fast it must be.
type rival struct {
	name  string
	goal  float64 // times the handler in Go at most; 0: none
	build func(tb testing.TB, out string)
}

const compareSource = "testdata/compare/"

var rivals = []rival{
	{"C", 0.7, func(tb testing.TB, out string) { buildC(tb, "pdk/c/driplet", out, compareSource+"c/main.c") }},
	{"Rust no_std", 0.7, func(tb testing.TB, out string) { buildRust(tb, "pdk/rust/driplet", out, compareSource+"rust/main.rs") }},
	{"Go", 1.2, func(tb testing.TB, out string) { buildGo(tb, compareSource+"go", out) }},
	{"Go, With", 1.2, func(tb testing.TB, out string) { buildGo(tb, compareSource+"gofields", out) }},
	{"Rust std", 1.5, func(tb testing.TB, out string) {
		buildRust(tb, "pdk/rust/driplet", out, compareSource+"rust/main.rs", "std")
	}},
	{"AssemblyScript", 2.5, func(tb testing.TB, out string) { asc(tb, compareSource+"assemblyscript/index.ts", out) }},
	{"JavaScript", 13, func(tb testing.TB, out string) {
		if err := os.WriteFile(out, buildJavaScript(tb, compareSource+"javascript", "main.ts"), 0o600); err != nil {
			tb.Fatal(err)
		}
	}},
}

// meteringGoal is how many times as long a metered guest may take, callbackGoal
// how many times as long as the guest in C a callback takes at least.
const (
	meteringGoal = 1.4
	callbackGoal = 20
)

// BenchmarkTable compares one handler written in Go (called directly, with
// encoding/json), in each guest language with and without metering, and behind
// an HTTP callback on loopback: in turns, and prints medians and ratios. count
// reads JSON, walks a text and writes JSON; send does besides what a chat does,
// in five calls of the host.
func BenchmarkTable(b *testing.B) {
	built := map[string]string{}
	for _, r := range rivals {
		built[r.name] = filepath.Join(b.TempDir(), "compare.wasm")
		r.build(b, built[r.name])
	}
	for name, handler := range inGo {
		b.Run(name, func(b *testing.B) {
			state := new(notebook)
			all := []plugintest.Contestant{{Name: "direct", Run: direct(b, name, handler.structs, state)}}
			for _, r := range rivals {
				for _, unmetered := range []bool{false, true} {
					all = append(all, plugintest.Contestant{Name: r.name, Run: guest(b, name, built[r.name], state, unmetered)})
				}
			}
			all = append(all, plugintest.Contestant{Name: "HTTP callback", Run: callbackTo(b, name, handler.structs, state)})
			all = append(all, plugintest.Contestant{Name: "direct, maps", Run: direct(b, name, handler.maps, state)})
			var turns plugintest.Turns
			for b.Loop() {
				turns.Round(all)
			}
			b.ReportMetric(0, "ns/op")
			printTable(name, &turns)
		})
	}
}

// printTable prints medians and ratios, beside the handler that decodes into a
// struct and the one into maps; those in brackets are of the fastest turns, which
// say more where the machine is busy.
func printTable(name string, turns *plugintest.Turns) {
	var out strings.Builder
	ratio := func(i, k int, format string) string {
		return fmt.Sprintf(format+" ("+format+")", turns.Ratio(i, k), turns.Fastest(i)/turns.Fastest(k))
	}
	last := 1 + 2*len(rivals)
	row := func(name string, i int, ratio, goal, metering string) {
		fmt.Fprintf(&out, "%-16s %16s %18s %8.2f %8s  %s\n", name, fmt.Sprintf("%.2f (%.2f)", turns.Median(i)/1000, turns.Fastest(i)/1000), ratio, turns.Ratio(i, last+1), goal, metering)
	}
	fmt.Fprintf(&out, "\n%-16s %16s %18s %8s %8s  %s\n", name, "us (fastest)", "/ direct", "/ maps", "goal", "metered / unmetered, goal")
	row("direct", 0, "1.00", "", "")
	row("direct, maps", last+1, ratio(last+1, 0, "%.2f"), "", "")
	for n, r := range rivals {
		i := 1 + 2*n
		row(r.name, i, ratio(i, 0, "%.2f"), fmt.Sprintf("<= %.1f", r.goal), ratio(i, i+1, "%.2f")+fmt.Sprintf("  <= %.1f", meteringGoal))
	}
	row("HTTP callback", last, ratio(last, 0, "%.0f"), "", ratio(last, 1, "%.0f")+fmt.Sprintf(" times the guest in C, goal >= %d", callbackGoal))
	fmt.Fprintln(os.Stdout, out.String())
}

// said is what people write: 150 bytes, a line break and a quotation.
const said = `Has anybody seen the agenda for Thursday?\nI only have the one that says \"draft\", and three of its points are about the summer party again.`

// comparedEvent is what every handler of the table gets.
func comparedEvent(name string) *core.ClientEvent {
	return &core.ClientEvent{
		Kind: core.HookMessage, Endpoint: "default", Event: "compare." + name, Session: "s", User: "7", Request: "1",
		Claims: &core.Claims{User: "7", Custom: []byte(`{"name":"Ada","roles":["administrator"]}`)},
		Time:   time.UnixMilli(1700000000000), Data: []byte(`{"room":"lobby","text":"` + said + `"}`),
	}
}

// comparedHost serves the table's handlers out of a module.
func comparedHost(tb testing.TB, wasm string, state plugin.Store, unmetered bool) *plugin.Host {
	tb.Helper()
	code, err := os.ReadFile(wasm)
	if err != nil {
		tb.Fatal(err)
	}
	manifest := "name = \"compare\"\nversion = \"1.0.0\"\nabi = 1\nevents = [\"compare.*\"]\n[capabilities]\npublish = [\"compare.*\"]\npresence = [\"compare.*\"]\nkv = \"1 MiB\"\n[limits]\ndeadline = \"10s\"\n"
	h := plugin.NewHost(plugin.Options{
		Sources: []fs.FS{fstest.MapFS{"compare.toml": {Data: []byte(manifest)}, "compare.wasm": {Data: code}}},
		Store:   state, Log: slog.New(slog.DiscardHandler), Unmetered: unmetered,
		ParseTarget: func([]byte) (*core.Target, error) { return nil, nil },
	})
	tb.Cleanup(func() {
		if err := h.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := h.Load(tb.Context(), []*core.Endpoint{{Name: "default", Plugins: []string{"compare"}}}); err != nil {
		tb.Fatal(err)
	}
	if err := h.Start(context.WithoutCancel(tb.Context()), inLobby()); err != nil {
		tb.Fatal(err)
	}
	return h
}

// guest is the handler as a plugin.
func guest(b *testing.B, name, wasm string, state plugin.Store, unmetered bool) func() {
	h := comparedHost(b, wasm, state, unmetered)
	ev := comparedEvent(name)
	return func() {
		if v, err := h.Decide(b.Context(), ev); err != nil || len(v.Data) < 8 {
			b.Fatalf("%s, %v", v.Data, err)
		}
	}
}

// inLobby is a node where the event's session is on the topic.
func inLobby() *plugintest.Services {
	s := new(plugintest.Services)
	s.SetSubscribed(map[string][]core.SessionID{"compare.lobby": {"s"}})
	return s
}

// notebook is a store that costs next to nothing, so that the table compares
// handlers: it counts, and keeps the last thing that was written.
type notebook struct{ plugintest.Store }

// KV opens a namespace.
func (n *notebook) KV(namespace string, quota int64) core.KV {
	return &note{KV: n.Store.KV(namespace, quota)}
}

type note struct {
	core.KV
	mu   sync.Mutex
	last core.Write
}

// Apply keeps the last write.
func (n *note) Apply(_ context.Context, writes []core.Write) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = writes[len(writes)-1]
	return nil
}
