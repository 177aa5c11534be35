package cases

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// Pages that a plugin was told are told again, and no session is shown by the
// keys behind which it asked.
func TestScansAreToldAgain(t *testing.T) {
	var trace plugin.Trace
	trace.Input.Kind, trace.Input.Session = plugin.KindMessage, secret
	key := func(n int) string { return fmt.Sprintf("q/%s/%d", secret, n) }
	for after := range 4 {
		read := plugin.Read{Op: "kv_scan_after", Key: "q/", Found: true, Value: plugin.AppendEnvelope(nil)}
		if after > 0 {
			read.After = key(2 * after)
		}
		if after < 3 {
			read.Value = plugin.AppendEnvelope(nil, []byte(key(2*after+1)), []byte("v"), []byte(key(2*after+2)), []byte("v"))
		}
		trace.Reads = append(trace.Reads, read)
	}
	mask := NewMask()
	text := encode(NewRecord(&trace, mask))
	var r Record
	if err := json.Unmarshal(text, &r); err != nil || strings.Contains(string(text), secret) {
		t.Fatalf("%v, or a session is shown: %s", err, text)
	}
	in, err := r.Input()
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(os.DirFS("."), "none", Options{})
	b.setUp(&r, in)
	for i, read := range r.Reads {
		pairs, err := b.kv().Scan(t.Context(), read.Key, core.ScanOptions{Limit: 2, After: read.After})
		if err != nil {
			t.Fatal(err)
		}
		var fields [][]byte
		for _, p := range pairs {
			fields = append(fields, []byte(p.Key), p.Value)
		}
		if got := plugin.AppendEnvelope(nil, fields...); string(got) != string(*read.Value) {
			t.Errorf("page %d: got %q, want %q", i, got, *read.Value)
		}
	}
}
