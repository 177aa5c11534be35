package auth

import (
	"time"

	"github.com/driplet/driplet/core"
)

// millisecondsFrom is a time in unix seconds that no clock shows (the year
// 5138): what lies beyond it was meant as milliseconds.
const millisecondsFrom = 100_000_000_000

// CheckTimestamp refuses a request whose timestamp, in unix seconds, lies more
// than core.ReplayWindow before or after now. The error is a *core.Error:
// unauthorized, with the reason clock_skew and the distance in its text.
func CheckTimestamp(unix int64, now time.Time) error {
	server, window := now.Unix(), int64(core.ReplayWindow/time.Second)
	switch {
	case unix < 0 || unix >= millisecondsFrom:
		return refuse(core.ReasonClockSkew, "timestamp is %d: send unix seconds, this server's clock shows %d", unix, server)
	case unix < server-window:
		return refuse(core.ReasonClockSkew, "timestamp is %d s behind this server: synchronise clocks (up to %d s is fine)", server-unix, window)
	case unix > server+window:
		return refuse(core.ReasonClockSkew, "timestamp is %d s ahead of this server: synchronise clocks (up to %d s is fine)", unix-server, window)
	}
	return nil
}
