package transport

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/node"
)

// inflow bounds what one connection sends, whatever it asks: its frames, and
// the bytes of the large ones; those of the others the first bound holds. Each
// is nil until it is needed: most clients subscribe and then only listen.
type inflow struct {
	frames, bytes *rate.Limiter
	first         int // frames that came before they were counted
}

// freeFrames is how many frames a connection may send before they are counted.
const freeFrames = 16

// largeFrame is from where on a frame's bytes are counted.
const largeFrame = 1 << 10

// admit counts frames that have begun, and the bytes of the large ones among
// them. It returns why the connection must end, or nil.
func (f *inflow) admit(s *node.Session, frames, bytes int) *core.CloseReason {
	if f.first < freeFrames {
		f.first += frames
	} else if frames > 0 && !spend(&f.frames, s.FrameRate, frames) {
		return &tooManyFrames
	}
	if bytes > 0 && !spend(&f.bytes, s.ByteRate, bytes) {
		return &tooManyBytes
	}
	return nil
}

func spend(l **rate.Limiter, limit func() (perSecond float64, burst int), n int) bool {
	if *l == nil {
		perSecond, burst := limit()
		if perSecond <= 0 {
			return true
		}
		*l = rate.NewLimiter(rate.Limit(perSecond), burst)
	}
	return (*l).AllowN(time.Now(), n)
}

var (
	tooManyFrames = core.CloseReason{Code: core.CloseRateLimited, Text: "too many frames a second: slow down"}
	tooManyBytes  = core.CloseReason{Code: core.CloseRateLimited, Text: "too many bytes a second: slow down (Limits.BytesPerSecond)"}
)
