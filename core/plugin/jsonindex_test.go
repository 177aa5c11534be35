package plugin

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The index answers as a walk through the text does.
func FuzzIndex(f *testing.F) {
	many := "{" + strings.Repeat(`"a":1,`, maxIndexed) + `"b":2}`
	for _, src := range []string{
		`{"room":"lobby","text":"a\nb","n":{"a":[1,{"b":2}]}}`, ` { "a" : 1 , "a" : 2 } `, `{"a":1,"a.b":2,"a":{"b":3}}`, `{"a.b":{"c":1},"a":{"b":{"c":2}}}`,
		`{"\u0061":1,"a":2}`, `{"":1,"a":""}`, `[1,2]`, `"a"`, `{"a":1`, `{"a":1}x`, `{"a":"é\ud800","é":1}`, "{\"a\":\"\xff\",\"b\":1}", "{\"\xff\":1,\"b\":1}", many, "", "{}",
		strings.Repeat(`{"a":`, 128) + "1" + strings.Repeat("}", 128), strings.Repeat(`{"a":`, 129) + "1" + strings.Repeat("}", 129),
	} {
		for _, path := range []string{"", "a", "b", "a.b", "a.b.c", "room", "n.a.1.b", "é", "0", "a.", ".", strings.Repeat("a.", 127) + "a"} {
			f.Add([]byte(src), path)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, path string) {
		in := &instance{data: src, made: time.Now(), until: time.Hour}
		want, wantErr := jsonFind(nil, src, path)
		for range 2 { // it reads, then knows
			if got, err := in.lookup([]byte(path)); !bytes.Equal(got, want) || err != wantErr {
				t.Fatalf("%q at %q: %q, %v; a walk finds %q, %v", src, path, got, err, want, wantErr)
			}
		}
	})
}
