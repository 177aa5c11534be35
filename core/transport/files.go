package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// Each connection is an open file to the system, which bounds them (RLIMIT_NOFILE).
// Past that bound nothing can be accepted, so nobody be told why, and the API is
// shut as well. So some files are kept from WebSockets, for all else: a quarter,
// but not fewer or more than these.
const (
	leastFilesKept = 32
	mostFilesKept  = 512 // the engine's 256, and as many requests at once
)

// boundByFiles lowers the bound of connections to what a process has room for that
// may have so many files open; 0: not known.
func (b *budget) boundByFiles(files int) {
	room := max(files-min(max(files/4, leastFilesKept), mostFilesKept), 1)
	if files <= 0 || b.Connections > 0 && b.Connections <= room {
		return
	}
	b.Connections = room
	b.boundBy = fmt.Sprintf("it may have %d files open: ulimit -n, or LimitNOFILE of a systemd unit", files)
}

// tellingListener says why nothing can be accepted, once a minute.
type tellingListener struct {
	net.Listener
	log  *slog.Logger
	told atomic.Int64 // unix seconds
}

// Accept is net.Listener's.
func (l *tellingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		now := time.Now().Unix()
		if told := l.told.Load(); now-told >= 60 && l.told.CompareAndSwap(told, now) {
			l.log.Error("who connects has to wait: all files that may be open are (raise ulimit -n, or LimitNOFILE of a systemd unit)",
				"files", maxFiles(), "err", err)
		}
	}
	return c, err
}
