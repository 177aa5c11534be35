package plugin

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

// shownIn looks up path in the index of an envelope as guests do: ok is false
// where they have to ask the host.
func shownIn(t *testing.T, env []byte, path string) (value []byte, errno error, ok bool) {
	fields, whole := ReadEnvelope(env)
	if !whole {
		t.Fatalf("%x is no envelope", env)
	}
	if len(fields) <= indexField || path == "" {
		return nil, nil, false
	}
	for _, f := range fields[len(fields)-1-(indexField-fieldCounts[KindMessage]) : indexField] {
		if len(f) > 0 {
			t.Fatalf("a field that the event does not use holds %q", f)
		}
	}
	x := fields[indexField]
	n := int(binary.LittleEndian.Uint32(x))
	if n > maxIndexed || len(x) < 4+shownMember*n {
		t.Fatalf("%d members in an index of %d bytes", n, len(x))
	}
	for i := range n {
		e := x[4+shownMember*i:]
		key, at, size := binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint32(e[4:]), binary.LittleEndian.Uint32(e[8:])
		if string(env[key:key+uint32(binary.LittleEndian.Uint16(e[12:]))]) == path {
			if e[15] != 0 {
				t.Fatalf("the last byte of a member is %d", e[15])
			}
			return append([]byte{e[14]}, env[at:at+size]...), nil, true
		}
	}
	if strings.Contains(path, ".") {
		return nil, nil, false
	}
	return nil, ErrnoNotFound, true
}

// What is shown of an event's data is what json_get says of it.
func FuzzShown(f *testing.F) {
	for _, src := range []string{
		`{"room":"lobby","text":"a\nb","n":{"a":[1,{"b":2}]},"t":true,"f":false,"z":null,"i":-1.5e3}`, ` { "a" : 1 , "a" : "2\u00e9" } `, `{"a":1,"a.b":2,"a":{"b":3}}`,
		`{"\u0061":1,"a":2}`, `{"":1,"a":""}`, `{}`, `[1,2]`, `"a"`, `{"a":1`, `{"a":1}x`, `{"a":"é\ud800\\","é":1}`, "{\"a\":\"\xff\",\"b\":1}", "{\"\xff\":1,\"b\":1}", "",
		`{"a":["\n"],"b":"x"}`, `{"` + strings.Repeat("k", MaxPath+1) + `":1}`, `{"a":"` + strings.Repeat(`\u20ac`, maxShown/6-2) + `"}`, `{"a":"` + strings.Repeat("x", maxShown) + `"}`,
	} {
		for _, path := range []string{"", "a", "b", "a.b", "room", "text", "n", "t", "f", "z", "i", "é", "a.", ".", strings.Repeat("k", MaxPath+1)} {
			f.Add([]byte(src), path)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, path string) {
		input := &Input{Kind: KindMessage, Event: "p.x", Session: "s", User: "7", Data: src, Time: time.UnixMilli(1)}
		env := input.AppendIndexed(nil)
		if plain := input.AppendEnvelope(nil); !bytes.Equal(env[4:len(plain)], plain[4:]) {
			t.Fatalf("%x, without an index %x", env, plain)
		}
		got, errno, ok := shownIn(t, env, path)
		if !ok {
			return
		}
		in := &instance{data: src, made: time.Now(), until: time.Hour}
		want, err := in.lookup([]byte(path))
		if len(path) > MaxPath {
			want, err = nil, ErrnoNotFound
		}
		if err == nil {
			want = appendTyped(nil, want)
		}
		if !bytes.Equal(got, want) || errno != err {
			t.Fatalf("%q at %q: %q, %v; json_get says %q, %v", src, path, got, errno, want, err)
		}
	})
}
