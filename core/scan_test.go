package core

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzJSONScanner holds the scanner to encoding/json's idea of what JSON is.
func FuzzJSONScanner(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,"\u00e9\n",true,false,null,{}]}`, ` [ ] `, `"`, `01`, `1.`, `-`, `1e`, `tru`, "\"\\u00\x11\x12\"", `[1,]`, `{"a":1,}`, `{,}`, "\x00", `"\ud800"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s := JSONScanner{Src: src}
		s.Space()
		_, err := s.Value(0)
		s.Space()
		ours := err == nil && s.Pos == len(src)
		theirs := json.Valid(src) && !nestedTooDeep(src)
		if ours != theirs {
			t.Fatalf("%q: scanner says %v (%v), encoding/json %v", src, ours, err, theirs)
		}
		if !ours {
			return
		}
		compact, err := CompactJSON(nil, src)
		if utf8.Valid(src) && err != nil {
			t.Fatal(err)
		}
		if utf8.Valid(src) && s.Spaced != (len(compact) != len(src)) {
			t.Fatalf("%q: spaced is %v, compact is %q", src, s.Spaced, compact)
		}
	})
}

// FuzzUnquoteJSON holds UnquoteJSON to encoding/json, for text in UTF-8.
func FuzzUnquoteJSON(f *testing.F) {
	for _, s := range []string{`plain`, `\"\\\/\b\f\n\r\t`, `\u00e9\u20AC`, `\ud83d\ude00`, `\ud83d`, `\ud83d\u0041`, `\ude00\ud83d`, `\ud83d\ud83d\ude00`, `é\n`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, inner string) {
		var want string
		if !utf8.ValidString(inner) || json.Unmarshal([]byte(`"`+inner+`"`), &want) != nil {
			return
		}
		if got := string(UnquoteJSON([]byte(inner))); got != want {
			t.Fatalf("%q is %q, want %q", inner, got, want)
		}
	})
}

// FuzzJSONMembers holds members and items to encoding/json's.
func FuzzJSONMembers(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":[2,{"c":"\u00e9"}],"a":null}`, ` { "x" : [ 1 , 2 ] } `, `[1,"2",[3]]`, `{}`, `[]`, `"s"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if CheckJSON(src) != nil {
			return
		}
		members := map[string]string{}
		for k, v := range JSONMembers(src) {
			members[string(k)] = string(v)
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(src, &object) == nil {
			for k, v := range object {
				if members[k] != string(v) {
					t.Fatalf("%q: member %q is %q, want %q", src, k, members[k], v)
				}
			}
		}
		if len(members) != len(object) {
			t.Fatalf("%q: members %q", src, members)
		}
		var items []string
		for v := range JSONItems(src) {
			items = append(items, string(v))
		}
		var list []json.RawMessage
		json.Unmarshal(src, &list)
		if len(items) != len(list) {
			t.Fatalf("%q: items %q", src, items)
		}
		for i := range list {
			if items[i] != string(list[i]) {
				t.Fatalf("%q: items %q", src, items)
			}
		}
	})
}

// nestedTooDeep is right for valid JSON.
func nestedTooDeep(src []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxJSONDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
