package plugin

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,true,null,"x\u00e9\\"]}`, ` [ ] `, `"\ud800"`, `01`, `1.`, `{"a":}`, "\"\xff\"", `{"a":1,}`, "\"\x01\"", `[1 2]`, ``} {
		f.Add([]byte(s), "a.0")
	}
	f.Fuzz(func(t *testing.T, src []byte, path string) {
		valid, compact := jsonText(src)
		want := json.Valid(src) && utf8.Valid(src) && core.CheckJSON(src) == nil
		if valid != want {
			t.Fatalf("%q: valid is %v, encoding/json says %v", src, valid, want)
		}
		if valid {
			var buf bytes.Buffer
			if err := json.Compact(&buf, src); err != nil {
				t.Fatal(err)
			}
			if compact != bytes.Equal(buf.Bytes(), src) {
				t.Fatalf("%q: compact is %v", src, compact)
			}
		}
		value, err := jsonFind(nil, src, path)
		if err != nil {
			return
		}
		if !valid {
			return // broken behind the value
		}
		if ok, _ := jsonText(value); !ok {
			t.Fatalf("%q at %q is %q", src, path, value)
		}
		var text string
		if got := appendTyped(nil, value); got[0] == 's' && (json.Unmarshal(value, &text) != nil || string(got[1:]) != text) {
			t.Fatalf("%q at %q is the text %q, want %q", src, path, got[1:], text)
		}
	})
}

func TestJSONDepth(t *testing.T) {
	for depth, want := range map[int]bool{core.MaxJSONDepth: true, core.MaxJSONDepth + 1: false, 100000: false} {
		src := []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
		if valid, _ := jsonText(src); valid != want {
			t.Errorf("depth %d: valid is %v", depth, valid)
		}
		if _, err := jsonFind(nil, src, ""); (err == nil) != want {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add(AppendEnvelope(nil, []byte("a"), nil, []byte("ccc")))
	f.Add([]byte{1, 0, 255, 255, 1, 0, 0, 0})
	f.Add([]byte{1, 0, 1, 0, 255, 255, 255, 255, 'x'})
	f.Fuzz(func(t *testing.T, src []byte) {
		fields, ok := ReadEnvelope(src)
		if !ok || len(src) == 0 {
			return
		}
		if again := AppendEnvelope(nil, fields...); !bytes.HasPrefix(src, again) {
			t.Fatalf("%q reads as %q", src, fields)
		}
		parseFetch(src)
	})
}

func FuzzRefusal(f *testing.F) {
	f.Add([]byte(`{"code":"chat.no","message":"x","data":{"a":[1]}}`))
	f.Add([]byte(`{"code":1}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		e, err := parseRefusal("chat", src)
		if err != nil {
			return
		}
		if !utf8.ValidString(e.Message) || len(e.Message) > MaxRefusal || !shared[e.Code] && !ownCode("chat", string(e.Code)) {
			t.Fatalf("%q gives %+v", src, e)
		}
		if e.Data != nil {
			if ok, compact := jsonText(e.Data); !ok || !compact {
				t.Fatalf("%q gives the data %q", src, e.Data)
			}
		}
		parseVerdict(KindSubscribe, src)
	})
}

// FuzzEdit: whatever a publish hook answers is a failure, or a verdict that
// can be shown as JSON.
func FuzzEdit(f *testing.F) {
	for _, seed := range []string{"", "\x00", "\x01", "\x02 1", "\x03{}", "\x04\x02\x00\x00\x00{}1", "\x04\xff\xff\xff\xff", "\x05"} {
		f.Add([]byte(seed))
	}
	h := NewHost(Options{ParseTarget: func(raw []byte) (*core.Target, error) {
		text, err := core.CompactJSON(nil, raw)
		return &core.Target{Raw: text}, err
	}})
	f.Fuzz(func(t *testing.T, answer []byte) {
		e, err := h.parseEdit(answer)
		if err != nil {
			return
		}
		out := outcome{edit: e}
		if shown := out.shown(); !json.Valid(shown) {
			t.Errorf("%q is shown as %q", answer, shown)
		}
	})
}
