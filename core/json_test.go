package core

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func nested(open, close string, n int) string {
	return strings.Repeat(open, n) + strings.Repeat(close, n)
}

func TestCompactJSON(t *testing.T) {
	for src, want := range map[string]string{
		` { "a" : [ 1 , 2.50 , 1E5 , -0 ] , "b" : "x  y" } `: `{"a":[1,2.50,1E5,-0],"b":"x  y"}`,
		`"<&>\u00e9\/\ud83d"`:                                `"<&>\u00e9\/\ud83d"`, // strings keep their text
		"\"\u2028é\"":                                        "\"\u2028é\"",
		"\t\r\n null ":                                       "null",
		`12345678901234567890.10`:                            `12345678901234567890.10`,
		`{"a":1,"a":2}`:                                      `{"a":1,"a":2}`,
		`"[[[[{\"{{"`:                                        `"[[[[{\"{{"`,
		nested("[", "]", MaxJSONDepth):                       nested("[", "]", MaxJSONDepth),
		`["` + nested("[", "]", 200) + `"]`:                  `["` + nested("[", "]", 200) + `"]`,
	} {
		got, err := CompactJSON([]byte("before "), []byte(src))
		if err != nil || string(got) != "before "+want {
			t.Errorf("%.60s: %.80s, %v", src, got, err)
		}
	}
}

func TestCompactJSONRefuses(t *testing.T) {
	for src, text := range map[string]string{
		"": "not valid JSON", " ": "not valid JSON", "{": "not valid JSON", "[1,]": "not valid JSON", "01": "not valid JSON", "nul": "not valid JSON",
		"'a'": "not valid JSON", "{} {}": "not valid JSON", "1 2": "not valid JSON", `"\x"`: "not valid JSON", "\"a\nb\"": "not valid JSON", "]]]": "not valid JSON",
		"\xef\xbb\xbf{}": "not valid JSON", "\"\xff\"": "UTF-8", "\x00": "not valid JSON", `"\`: "not valid JSON",
		nested("[", "]", MaxJSONDepth+1): "nested deeper than 128", strings.Repeat(`{"a":`, 100_000): "nested deeper than 128", strings.Repeat("[", 100_000): "nested deeper than 128",
	} {
		got, err := CompactJSON([]byte("before"), []byte(src))
		if err == nil || AsError(err).Code != CodeBadRequest || !strings.Contains(err.Error(), text) {
			t.Errorf("%.40q: %v, want %q", src, err, text)
		}
		if string(got) != "before" {
			t.Errorf("%.40q: a refusal leaves %.40q", src, got)
		}
	}
}

func FuzzCompactJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,"\"",null]}`, "[[[[", `"\\"`, "1e5", "\xff", ` [ ] `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		before := bytes.Clone(src)
		got, err := CompactJSON(nil, src)
		if !bytes.Equal(src, before) {
			t.Fatal("the source was changed")
		}
		if err != nil {
			return
		}
		if !json.Valid(src) || !json.Valid(got) {
			t.Fatalf("%q became %q", src, got)
		}
		if again, err := CompactJSON(nil, got); err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q became %q, which became %q, %v", src, got, again, err)
		}
	})
}
