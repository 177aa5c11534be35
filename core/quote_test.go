package core_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

// FuzzAppendQuoted: whatever is quoted can be read again, by encoding/json, and
// is what encoding/json makes of it.
func FuzzAppendQuoted(f *testing.F) {
	for _, s := range []string{"", "a", "seven..", "eight...", "eight..\"", "\"nine....", "x\x00\x1f\x20\x7f", `back\slash`, "línea\nnova\ttab\r\b\f", "\xff\xfeab", "€\xe2\x82", "\u2028😀", strings.Repeat("abcdefg\n", 40), strings.Repeat("ж", 33)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := core.AppendQuoted([]byte("x"), s)
		if got := string(core.UnquoteJSON(out[2 : len(out)-1])); got != string([]rune(s)) {
			t.Fatalf("unquoted it is %q, want %q", got, s)
		}
		if string(out) != string(core.AppendQuoted([]byte("x"), []byte(s))) {
			t.Fatal("a text and its bytes are quoted in two ways")
		}
		var back, want string
		if err := json.Unmarshal(out[1:], &back); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		reference, _ := json.Marshal(s) // a text always can
		if err := json.Unmarshal(reference, &want); err != nil || back != want {
			t.Fatalf("%q reads as %q, want %q", out, back, want)
		}
	})
}

func BenchmarkAppendQuoted(b *testing.B) {
	text := strings.Repeat("words of a text ", 8) + "\"said\"\n"
	var out []byte
	for b.Loop() {
		out = core.AppendQuoted(out[:0], text)
	}
	b.SetBytes(int64(len(text)))
}
