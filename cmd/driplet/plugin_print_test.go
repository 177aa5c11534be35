package main

import (
	"encoding/json"
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

// Of an event that failed nothing is applied; a refusal that could not be
// passed on is still a refusal, and its effects are.
func TestPrintRecordOfFailures(t *testing.T) {
	r := &cases.Record{Failure: "it gave up", Effects: []json.RawMessage{json.RawMessage(`{"op":"publish","topic":"news","data":1}`)}}
	for refusal, want := range map[string]bool{"": true, `{"code":"plugin_failed","message":"x"}`: false} {
		r.Refusal = json.RawMessage(refusal)
		var b strings.Builder
		printRecord(&b, "", r)
		if got := b.String(); strings.Contains(got, "none of these effects came about") != want || !strings.Contains(got, "FAILED   it gave up") {
			t.Errorf("%q: %s", refusal, got)
		}
	}
}
