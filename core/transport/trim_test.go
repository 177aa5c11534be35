package transport

import (
	"testing"
	"time"
)

func TestTrimAfterAWave(t *testing.T) {
	var tr trim
	at := time.Unix(1_000_000, 0)
	asked := func(open int64, after time.Duration) bool {
		at = at.Add(after)
		return tr.due(open, at)
	}
	for i := range int64(50) {
		if asked(i*100, time.Second) {
			t.Fatal("while they are coming")
		}
	}
	if asked(4900, 10*time.Second) {
		t.Error("too early")
	}
	if !asked(4900, 11*time.Second) {
		t.Error("not when the wave was over")
	}
	if asked(4900, time.Hour) {
		t.Error("again for nothing")
	}
	if asked(4850, 0); asked(4850, time.Hour) {
		t.Error("for a few that went")
	}
	if asked(100, time.Second); !asked(100, time.Hour) {
		t.Error("not after they went")
	}
}
