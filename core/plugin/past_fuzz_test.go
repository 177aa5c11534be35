package plugin

import (
	"bytes"
	"testing"

	"github.com/driplet/driplet/core"
)

// What reads as a history is written as one that reads the same.
func FuzzReadPast(f *testing.F) {
	f.Add(AppendPast(nil, &core.Past{}))
	f.Add(AppendPast(nil, &core.Past{Head: core.Position{Epoch: "e", Offset: 9}, Whole: true, Events: []*core.Event{
		{Pos: core.Position{Offset: 8}, Name: "n", From: "7", Data: []byte(`{"a":1}`), Target: &core.Target{Raw: []byte(`{"all":{}}`)}}, {Data: []byte("1")},
	}}))
	f.Add([]byte{1, 0, 5, 0, 1, 0, 0, 0, 'e'})
	f.Fuzz(func(t *testing.T, src []byte) {
		past, ok := ReadPast(src)
		if !ok {
			return
		}
		written := AppendPast(nil, &past)
		if extra := cap(written) - len(written); extra > len(written)/4+64 {
			t.Errorf("%d bytes too much were taken for %d", extra, len(written))
		}
		again, ok := ReadPast(written)
		if !ok || !bytes.Equal(AppendPast(nil, &again), written) || len(again.Events) != len(past.Events) {
			t.Errorf("%q gives %+v, and that %+v", src, past, again)
		}
	})
}
