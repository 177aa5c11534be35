package main

import (
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin/cases"
)

// A log of several lines, a panic's, stands below itself; what a terminal would
// obey does not come through.
func TestPrintRecordLogs(t *testing.T) {
	r := &cases.Record{Logs: []string{"one", "panic: no cheese\n\ngoroutine 1 [running]:\n\tmain.go:47\x1b[2J\n"}}
	r.Event.Kind = "message"
	var b strings.Builder
	printRecord(&b, "  ", r)
	want := "  message\n      log      one\n      log      panic: no cheese\n               goroutine 1 [running]:\n                   main.go:47\\x1b[2J\n"
	if got := b.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
