package plugins_test

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/plugintest"
)

// TestNativeTexts has the libraries in C and Rust write texts of every length
// about their steps of 16 bytes, with what needs an escape at every place, and
// texts of nothing else, for which room has to be made again and again; and
// numbers of every length.
func TestNativeTexts(t *testing.T) {
	for lang, compile := range map[string]func(out string){
		"c":    func(out string) { buildC(t, "pdk/c/driplet", out, compareSource+"c/main.c") },
		"rust": func(out string) { buildRust(t, "pdk/rust/driplet", out, compareSource+"rust/main.rs") },
	} {
		out := filepath.Join(t.TempDir(), lang+".wasm")
		compile(out)
		state := new(plugintest.Store)
		h := comparedHost(t, out, state, false)
		write := func(text string) {
			t.Helper()
			room := text[:min(len(text), 20)]
			ev := comparedEvent("count")
			ev.Data, _ = json.Marshal(map[string]string{"room": room, "text": text})
			v, err := h.Decide(t.Context(), ev)
			var got struct{ Room, Text string }
			if err != nil || json.Unmarshal(v.Data, &got) != nil || got.Text != text || got.Room != room {
				t.Fatalf("%s: %q became %s, %v", lang, text, v.Data, err)
			}
		}
		plain := strings.Repeat("0123456789abcdef", 6)
		for n := 1; n <= 70; n++ {
			write(plain[:n])
			for at := range n {
				for _, c := range []string{`"`, `\`, "\n", "\x01", "\x7f"} {
					write(plain[:at] + c + plain[at+1:n])
				}
			}
		}
		for c := range 0x80 {
			write(strings.Repeat(string(rune(c)), 7))
			write(strings.Repeat(string(rune(c)), 700) + plain)
			write(strings.Repeat(plain+string(rune(c)), 15))
		}
		kv := state.KV("plugin/compare/default", 1<<20)
		for n := int64(1); n > 0; n *= 10 { // until it overflows
			for _, id := range []int64{n, n - 1, 2*n + 1, -n, 1 - n, math.MaxInt64 / n, math.MinInt64 / n, 1234567890123456789 / n} {
				err := kv.Apply(t.Context(), []core.Write{{Key: "seq/compare.lobby", Value: strconv.AppendInt(nil, id-1, 10)}})
				if err != nil {
					t.Fatal(err)
				}
				v, err := h.Decide(t.Context(), comparedEvent("send"))
				if want := fmt.Sprintf(`{"id":%d}`, id); err != nil || string(v.Data) != want {
					t.Fatalf("%s: %s became %s, %v", lang, want, v.Data, err)
				}
				if kept, ok, err := kv.Get(t.Context(), fmt.Sprintf("msg/compare.lobby/%d", id)); err != nil || !ok || !strings.HasPrefix(string(kept), fmt.Sprintf(`{"id":%d,"from":"7",`, id)) {
					t.Fatalf("%s: %d is kept as %s, %v", lang, id, kept, err)
				}
			}
		}
	}
}
