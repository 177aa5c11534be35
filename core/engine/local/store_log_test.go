package local

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestStoreLog(t *testing.T) {
	var out bytes.Buffer
	ended := false
	l := storeLog{log: slog.New(slog.NewTextHandler(&out, nil)), fatal: func() { ended = true; panic("end") }}
	l.Infof("compacted %d", 7)
	if out.Len() > 0 {
		t.Fatalf("housekeeping is not for the operator: %s", out.String())
	}
	l.Errorf("cannot flush: %d", 5)
	func() {
		defer func() { _ = recover() }()
		l.Fatalf("no space on %s", "disk")
	}()
	for _, want := range []string{"cannot flush: 5", "no space on disk", "make room", "level=ERROR"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log does not say %q: %s", want, out.String())
		}
	}
	if !ended {
		t.Error("the process would go on")
	}
}

// TestQuiet: opening, working and closing say nothing to an operator.
func TestQuiet(t *testing.T) {
	var out bytes.Buffer
	path := t.TempDir()
	for range 2 {
		e, err := Open(path, deaf{}, Options{Logger: slog.New(slog.NewTextHandler(&out, nil))})
		must(t, err)
		_, err = e.KV("n", 100).Incr(background, "k", 1, 0)
		must(t, err)
		e.tick(true)
		must(t, e.Close())
	}
	if out.Len() > 0 {
		t.Fatal(out.String())
	}
}
