package plugin_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine/local"
	"github.com/driplet/driplet/core/plugin"
)

// What is listed is whole, however large, though rooms are used again: within
// an event, by the next one, and by another plugin's in between.
func TestLargeScansAreWhole(t *testing.T) {
	store, err := local.Open("", nil, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	guest := func() []byte {
		g := newGuest("kv_scan")
		for _, prefix := range []text{"", "small/", "", "row/00"} {
			g.call("kv_scan", prefix, plugin.MaxScan, 0, out{})
		}
		return g.answer("1", false)
	}
	r := mustLoad(t, map[string]plug{"p": {granting("p"), guest()}, "q": {granting("q"), guest()}}, func(o *plugin.Options) { o.Store = store })
	defer r.Close()
	value := func(name string, i int) []byte {
		return bytes.Repeat([]byte(fmt.Sprintf("%s %03d;", name, i)), 4<<10/6)
	}
	for _, name := range []string{"p", "q"} {
		writes := []core.Write{{Key: "small/1", Value: []byte(name)}}
		for i := range 300 {
			writes = append(writes, core.Write{Key: fmt.Sprintf("row/%03d", i), Value: value(name, i)})
		}
		if err := store.KV("plugin/"+name+"/a", 8<<20).Apply(t.Context(), writes); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		for _, name := range []string{"p", "q"} {
			if _, err := r.Decide(t.Context(), message(name+".x", "1")); err != nil {
				t.Fatal(err)
			}
			for n, read := range r.lastTrace().Reads {
				fields, ok := plugin.ReadEnvelope(read.Value)
				if !ok || n != 1 && len(fields) < 20 {
					t.Fatalf("%s: scan %d gave %d bytes with %d fields", name, n, len(read.Value), len(fields))
				}
				for i := 0; i+1 < len(fields); i += 2 {
					want := []byte(name)
					if n != 1 {
						want = value(name, i/2)
					}
					if !bytes.Equal(fields[i+1], want) {
						t.Fatalf("%s: scan %d: %s is %.40q", name, n, fields[i], fields[i+1])
					}
				}
			}
		}
	}
}
