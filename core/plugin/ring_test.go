package plugin_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// fallible logs, and traps on events below 200 bytes.
func fallible() []byte {
	// An envelope below 200 bytes traps.
	g := newGuest()
	g.call("log", 1, text("hello"))
	return g.do(asm.LocalGet(2), asm.I32Const(200), asm.I32LtU, asm.If(asm.Unreachable)).answer(`1`, false)
}

func kept(t *testing.T, r *rig, q plugin.TraceQuery) plugin.Kept {
	t.Helper()
	if q.Plugin == "" {
		q.Plugin = "p"
	}
	k, ok := r.TracesOf(q)
	if !ok {
		t.Fatalf("%+v finds nothing", q)
	}
	return k
}

// Failures are kept always, everything from the first look on.
func TestTheLastEventsAreKept(t *testing.T) {
	r := mustLoad(t, map[string]plug{"p": {granting("p"), fallible()}}, func(o *plugin.Options) { o.Trace = nil })
	send := func(endpoint string, data []byte) error {
		ev := message("p.x", string(data))
		ev.Endpoint, ev.Data = endpoint, data
		_, err := r.Decide(t.Context(), ev)
		return err
	}
	long := []byte(`"` + strings.Repeat("x", 200) + `"`)
	for range 3 {
		if err := send("a", long); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, send("a", []byte(`1`)), core.CodePluginFailed)
	k := kept(t, r, plugin.TraceQuery{})
	if !k.New || len(k.Traces) != 1 || k.Traces[0].Failure == nil || !strings.Contains(k.Traces[0].Failure.Error(), "unreachable") || strings.Join(k.Traces[0].Logs, "") != "hello" || k.Traces[0].Fuel == 0 {
		t.Fatalf("before a look: %+v", k)
	}

	data := bytes.Clone(long)
	if err := send("a", data); err != nil {
		t.Fatal(err)
	}
	clear(data) // the sender's: another event may be there by now
	if err := send("b", long); err != nil {
		t.Fatal(err)
	}
	k = kept(t, r, plugin.TraceQuery{After: k.Traces[0].Seq})
	if k.New || k.Lost || len(k.Traces) != 2 || !bytes.Equal(k.Traces[0].Input.Data, long) || k.Traces[1].Endpoint != "b" || string(k.Traces[0].Answer) != "1" {
		t.Fatalf("after a look: %+v", k)
	}
	if k = kept(t, r, plugin.TraceQuery{Last: 1}); len(k.Traces) != 1 || k.Traces[0].Endpoint != "b" {
		t.Errorf("the last one: %+v", k)
	}
	if k = kept(t, r, plugin.TraceQuery{Endpoint: "b"}); len(k.Traces) != 1 {
		t.Errorf("of b: %+v", k)
	}
	for _, q := range []plugin.TraceQuery{{Plugin: "q"}, {Plugin: "p", Endpoint: "c"}} {
		if _, ok := r.TracesOf(q); ok {
			t.Errorf("%+v finds something", q)
		}
	}

	first := kept(t, r, plugin.TraceQuery{Last: 1}).Traces[0].Seq
	for range plugin.KeptTraces + 10 {
		if err := send("b", long); err != nil {
			t.Fatal(err)
		}
	}
	if k = kept(t, r, plugin.TraceQuery{Endpoint: "b", After: first}); len(k.Traces) != plugin.KeptTraces || !k.Lost {
		t.Errorf("%d are kept, lost %v", len(k.Traces), k.Lost)
	}
	last := k.Traces[len(k.Traces)-1].Seq
	for i := range 12 {
		if err := send("b", []byte(`"`+strings.Repeat(strconv.Itoa(i%10), 110_000)+`"`)); err != nil {
			t.Fatal(err)
		}
	}
	// The guest has no room for it: that is kept too.
	wantCode(t, send("b", []byte(`"`+strings.Repeat("x", plugin.LargestTrace)+`"`)), core.CodePluginFailed)
	k = kept(t, r, plugin.TraceQuery{Endpoint: "b", After: last})
	bytes := 0
	for _, tr := range k.Traces {
		bytes += len(tr.Input.Data)
	}
	if end := k.Traces[len(k.Traces)-1]; bytes > plugin.KeptBytes || len(k.Traces) < 9 || !end.Cut || end.Input.Data != nil || end.Input.Event != "p.x" {
		t.Errorf("%d traces with %d bytes, the last one %+v", len(k.Traces), bytes, end)
	}
}

// What failed is kept without what it holds, where that is much: names of
// audiences and targets count too.
func TestLargeEffectsAreNotKept(t *testing.T) {
	for _, name := range []string{"audiences of 1,000", "publishes to many"} {
		r := stormy(t, storms()[name])
		_, err := r.Decide(t.Context(), message("bad.x", "1"))
		wantCode(t, err, core.CodePluginFailed)
		k, _ := r.TracesOf(plugin.TraceQuery{Plugin: "bad"})
		if len(k.Traces) != 1 || !k.Traces[0].Cut || k.Traces[0].Effects != nil {
			t.Errorf("%s: kept are %d traces, with %d effects", name, len(k.Traces), len(k.Traces[0].Effects))
		}
	}
}

// Whoever does not look pays nothing.
func TestNobodyLooks(t *testing.T) {
	r := mustLoad(t, map[string]plug{"p": {granting("p"), echo()}}, func(o *plugin.Options) { o.Trace, o.Meter = nil, nil })
	ev := message("p.x", `{"a":1}`)
	allocs := func() float64 {
		return testing.AllocsPerRun(500, func() {
			if _, err := r.Decide(t.Context(), ev); err != nil {
				t.Fatal(err)
			}
		})
	}
	before := allocs()
	if before > 0 {
		t.Errorf("%v allocations an event when nobody looks", before)
	}
	if len(kept(t, r, plugin.TraceQuery{}).Traces) != 0 {
		t.Error("something was kept")
	}
	if watched := allocs(); watched == 0 {
		t.Error("nothing is kept when somebody looks")
	}
}

// What a handler was told is in its trace.
func TestReads(t *testing.T) {
	g := newGuest("kv_get", "kv_incr", "kv_cas", "kv_scan", "kv_scan_after", "kv_set", "subscribed", "presence")
	g.call("kv_get", text("none"), out{})
	g.call("kv_incr", text("n"), int64(2), int64(0), guestOut)
	g.call("kv_get", text("n"), out{})
	g.call("kv_set", text("w"), text("mine"), int64(0))
	g.call("kv_get", text("w"), out{})
	g.call("kv_cas", text("c"), int(0), int(-1), text("new"), int64(0))
	g.call("kv_cas", text("c"), text("other"), text("x"), int64(0))
	g.call("kv_scan", text("n"), 10, 0, out{})
	g.call("kv_scan_after", text(""), text("c"), 10, 0, out{})
	g.call("subscribed", text("s1"), text("t"))
	g.call("presence", text("t"), 10, out{})
	r := mustLoad(t, map[string]plug{"p": {granting("p"), g.answer("", false)}})
	r.services.SetSubscribed(map[string][]core.SessionID{"t": {"s1"}})
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, read := range r.lastTrace().Reads {
		line := read.Op + " " + read.Key + read.After + string(read.Session)
		if !read.Found {
			line += " no"
		}
		if read.Value != nil {
			line += " " + strconv.Quote(string(read.Value))
		}
		got = append(got, line)
	}
	want := []string{
		"kv_get none no", `kv_incr n "0"`, `kv_get n "2"`, "kv_cas c", `kv_cas c no "other"`,
		`kv_scan n "\x01\x00\x02\x00\x01\x00\x00\x00n\x01\x00\x00\x002"`, `kv_scan_after c "\x01\x00\x02\x00\x01\x00\x00\x00n\x01\x00\x00\x002"`, "subscribed ts1", `presence t "{\"members\":[],\"count\":0}"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.lastTrace().Took > time.Minute {
		t.Error("it took no time")
	}
}
