package plugin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine/local"
	"github.com/driplet/driplet/core/plugin"
)

// listed decides an event, and tells what each scan that was logged holds, as
// "key=value key=value".
func (r *rig) listed(t *testing.T) (lists []string) {
	t.Helper()
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	for _, logged := range r.lastTrace().Logs {
		fields, ok := plugin.ReadEnvelope([]byte(logged))
		if !ok {
			t.Fatalf("no envelope: %q", logged)
		}
		var pairs []string
		for i := 0; i+1 < len(fields); i += 2 {
			pairs = append(pairs, string(fields[i])+"="+string(fields[i+1]))
		}
		lists = append(lists, strings.Join(pairs, " "))
	}
	return lists
}

// A scan goes on behind a key that is there, was, or never was, and sees what its
// event has written on either side of it.
func TestScanAfter(t *testing.T) {
	store, err := local.Open("", nil, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var writes []core.Write
	for _, key := range []string{"a", "q/1", "q/2", "q/3", "q/4", "q/5", "r"} {
		writes = append(writes, core.Write{Key: key, Value: []byte("v")})
	}
	if err := store.KV("plugin/p/a", 1<<20).Apply(t.Context(), writes); err != nil {
		t.Fatal(err)
	}
	g := newGuest("kv_scan", "kv_scan_after", "kv_set", "kv_delete")
	scan := func(prefix, after string, limit, reverse int) {
		g.call("kv_scan_after", text(prefix), text(after), limit, reverse, out{}).logOut()
	}
	want := []string{}
	for _, c := range []struct {
		prefix, after  string
		limit, reverse int
		want           string
	}{
		{"q/", "", 2, 0, "q/1=v q/2=v"},
		{"q/", "q/2", 2, 0, "q/3=v q/4=v"},
		{"q/", "q/4", 2, 0, "q/5=v"},
		{"q/", "q/5", 2, 0, ""},
		{"q/", "", 2, 1, "q/5=v q/4=v"},
		{"q/", "q/4", 2, 1, "q/3=v q/2=v"},
		{"q/", "q/2", 2, -1, "q/1=v"},
		{"q/", "q/1", 2, 1, ""},
		{"q/", "b", 1, 0, "q/1=v"},
		{"q/", "z", 1, 0, ""},
		{"q/", "b", 1, 1, ""},
		{"q/", "z", 1, 1, "q/5=v"},
		{"", "q/4", 1000, 0, "q/5=v r=v"},
	} {
		scan(c.prefix, c.after, c.limit, c.reverse)
		want = append(want, c.want)
	}
	g.call("kv_scan", text("q/"), 1, 0, out{}).logOut()
	want = append(want, "q/1=v")
	// What the event writes: before the key, at it, behind it.
	for _, key := range []string{"q/0", "q/2", "q/25", "q/35", "q/9"} {
		g.call("kv_set", text(key), text("new"), int64(0))
	}
	g.call("kv_delete", text("q/3")).call("kv_set", text("q/5"), text("new"), int64(0)).call("kv_delete", text("q/5"))
	for _, c := range []struct {
		after          string
		limit, reverse int
		want           string
	}{
		{"q/2", 2, 0, "q/25=new q/35=new"},
		{"q/3", 2, 0, "q/35=new q/4=v"},
		{"q/35", 9, 0, "q/4=v q/9=new"},
		{"q/9", 9, 0, ""},
		{"q/35", 2, 1, "q/25=new q/2=new"},
		{"q/2", 9, 1, "q/1=v q/0=new"},
		{"q/0", 9, 1, ""},
	} {
		scan("q/", c.after, c.limit, c.reverse)
		want = append(want, c.want)
	}
	r := mustLoad(t, map[string]plug{"p": {granting("p"), g.answer("1", false)}}, func(o *plugin.Options) { o.Store = store })
	defer r.Close()
	if got := r.listed(t); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestScanAfterBadKey(t *testing.T) {
	long := strings.Repeat("k", plugin.MaxKey)
	bad := int64(plugin.ErrnoBadArgument)
	g := newGuest("kv_scan_after")
	g.call("kv_scan_after", text(""), text(long), 1, 0, out{})
	g.call("kv_scan_after", text(""), text(long+"k"), 1, 0, out{})
	g.call("kv_scan_after", text(""), text("\xff"), 1, 0, out{})
	g.call("kv_scan_after", text(long+"k"), text("a"), 1, 0, out{})
	g.call("kv_scan_after", text("\xff"), text("a"), 1, 0, out{})
	g.call("kv_scan_after", text(""), text("a"), 0, 0, out{})
	g.call("kv_scan_after", text(""), text("a"), plugin.MaxScan+1, 0, out{})
	g.call("kv_scan_after", text(""), text(""), plugin.MaxScan, 0, out{})
	runCalls(t, g, granting("p"), 4, bad, bad, bad, bad, bad, bad, 4)
}

// Pages that end at a mebibyte, and one value that is larger than what is left
// of one: nothing is left out.
func TestScanAfterLargeValues(t *testing.T) {
	const size = 400 << 10
	g := newGuest("kv_set", "kv_scan_after")
	g.call("kv_set", text("v5"), text("small"), int64(0))
	for _, after := range []string{"", "v1", "v3", "v6", "v7"} {
		g.call("kv_scan_after", text("v"), text(after), 100, 0, out{})
	}
	stored := values(8, size)
	stored[7].Value = make([]byte, plugin.MaxValue)
	got := runBeside(t, g, stored)
	pairs := func(sizes ...int) int64 {
		n := int64(4)
		for _, size := range sizes {
			n += int64(8 + len("v0") + size)
		}
		return n
	}
	want := []int64{0, pairs(size, size), pairs(size, size), pairs(size, 5, size), pairs(plugin.MaxValue), 4}
	if !slices.Equal(got, want) {
		t.Errorf("the calls returned\n%v, want\n%v", got, want)
	}
}

func TestScanAfterNeedsKV(t *testing.T) {
	g := newGuest("kv_scan_after")
	g.call("kv_scan_after", text(""), text(""), 1, 0, out{})
	_, err := new(rig).load(t, map[string]plug{"p": {`events = ["p.*"]` + "\n", g.answer("1", false)}})
	if err == nil || !strings.Contains(fmt.Sprint(err), `imports kv_scan_after, but p.toml grants no "kv"`) {
		t.Errorf("got %v", err)
	}
}
