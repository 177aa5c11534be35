package plugins_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// TestNativeTexts has the libraries in C and Rust write texts of every length
// about their steps of 16 bytes, with what needs an escape at every place, and
// texts of nothing else, for which room has to be made again and again.
func TestNativeTexts(t *testing.T) {
	for lang, compile := range map[string]func(out string){
		"c":    func(out string) { buildC(t, "pdk/c/driplet", out, compareSource+"c/main.c") },
		"rust": func(out string) { buildRust(t, "pdk/rust/driplet", out, compareSource+"rust/main.rs") },
	} {
		out := filepath.Join(t.TempDir(), lang+".wasm")
		compile(out)
		h := comparedHost(t, out, new(plugintest.Store), false)
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
	}
}
