package local

import (
	"fmt"
	"log/slog"
	"os"
)

// storeLog hands what Pebble says to the server's log.
type storeLog struct {
	log   *slog.Logger
	fatal func() // ends the process; nil: os.Exit(1)
}

// Infof is Pebble's report of its housekeeping, of no use to an operator.
func (l storeLog) Infof(format string, args ...any) {
	l.log.Debug("store: " + fmt.Sprintf(format, args...))
}

// Errorf is a fault that Pebble goes on from.
func (l storeLog) Errorf(format string, args ...any) {
	l.log.Error("store: " + fmt.Sprintf(format, args...))
}

// Fatalf is one that it cannot go on from, and it must not return: the disk
// refuses what must be written (full, failing), so that the store is behind its
// memory for good.
func (l storeLog) Fatalf(format string, args ...any) {
	l.log.Error("store: "+fmt.Sprintf(format, args...), "then", "the process ends: the data folder cannot be written to; make room on its disk or mend it, and start again")
	if l.fatal != nil {
		l.fatal()
	}
	os.Exit(1)
}
