package transport

import (
	"encoding/binary"
	"fmt"

	"github.com/driplet/driplet/core"
)

// guard follows the frames of a client's stream (RFC 6455, 5.2) by their
// headers, before gws sees them. It refuses what gws would read into memory
// first, or not survive (a length with its top bit set), and it sees what gws
// keeps to itself: fragments and pongs, of which a client could send any number.
type guard struct {
	limit   int    // bytes of a message
	message uint64 // bytes of the fragmented message so far
	skip    uint64 // bytes until the next header: the rest of mask and payload
	header  [10]byte
	have    uint8 // bytes of header that have come
	deflate bool  // compression is agreed on: the first frame of a message may say that it is compressed
	large   int   // bytes of the large frames since takeLarge
}

// maskBytes is the length of the masking key of every client frame.
const maskBytes = 4

// scan reads on through p. It returns how many frames begin in it, and, at the
// first fault, which bytes are good: all before the one that completes the
// faulty header.
func (g *guard) scan(p []byte) (frames, good int, fault *core.CloseReason) {
	for good < len(p) {
		if g.skip > 0 {
			n := min(g.skip, uint64(len(p)-good))
			g.skip -= n
			good += int(n)
			continue
		}
		g.header[g.have] = p[good]
		g.have++
		length, whole := g.length()
		if whole {
			if fault := g.check(length); fault != nil {
				return frames, good, fault
			}
			frames++
			if length >= largeFrame {
				g.large += int(length)
			}
			g.skip, g.have = length+maskBytes, 0
		}
		good++
	}
	return frames, good, nil
}

// between reports whether all that has come was whole frames.
func (g *guard) between() bool { return g.skip == 0 && g.have == 0 }

// takeLarge returns the bytes of the large frames that have begun since it was
// asked last.
func (g *guard) takeLarge() int {
	n := g.large
	g.large = 0
	return n
}

// length is the payload's, once its header has come up to there.
func (g *guard) length() (n uint64, whole bool) {
	if g.have < 2 {
		return 0, false
	}
	switch code := g.header[1] & 0x7f; code {
	case 126:
		return uint64(binary.BigEndian.Uint16(g.header[2:])), g.have == 4
	case 127:
		return binary.BigEndian.Uint64(g.header[2:]), g.have == 10
	default:
		return uint64(code), true
	}
}

// check judges a frame by its header and the message it belongs to.
func (g *guard) check(length uint64) *core.CloseReason {
	const opcode, control, fin, masked = 0x0f, 0x08, 0x80, 0x80
	switch {
	case g.header[1]&masked == 0:
		return broken("a client's frames must be masked")
	case !g.mayReserve(g.header[0]):
		return broken("a reserved bit is set")
	case length>>63 != 0:
		return broken("a frame's length has its first bit set")
	case g.header[0]&control != 0:
		if length > 125 {
			return broken("a control frame has more than 125 bytes")
		}
		return nil
	case g.header[0]&opcode != 0:
		g.message = 0 // begins anew; within a fragmented message gws refuses it
	}
	size := g.message + min(length, 1<<62)
	if size > uint64(g.limit) {
		r := tooLarge(size, g.limit)
		return &r
	}
	if g.message = size; g.header[0]&fin != 0 {
		g.message = 0
	}
	return nil
}

// mayReserve judges the reserved bits of a frame: none may be set, but the first
// of a compressed message's first frame (RFC 7692, 6). Where compression is
// agreed on gws looks at them in no frame.
func (g *guard) mayReserve(first byte) bool {
	const reserved, compressed, opcode, control = 0x70, 0x40, 0x0f, 0x08
	switch first & reserved {
	case 0:
		return true
	case compressed:
		return g.deflate && first&opcode != 0 && first&control == 0
	}
	return false
}

// broken is the close for a stream that is no WebSocket's (RFC 6455, 7.4.1).
func broken(why string) *core.CloseReason {
	return &core.CloseReason{Code: closeBroken, Text: "this is not WebSocket (RFC 6455): " + why}
}

// Close codes of RFC 6455, 7.4.1 that are about frames and not about what they
// say.
const (
	closeNormal  uint16 = 1000
	closeBroken  uint16 = 1002
	closeNotUTF8 uint16 = 1007
	closeInflate uint16 = 1011 // what gws says when it cannot inflate a message
)

func tooLarge(size uint64, limit int) core.CloseReason {
	return core.CloseReason{
		Code: core.CloseTooLarge,
		Text: fmt.Sprintf("frame is %s bytes, limit %s (Limits.FrameBytes)", thousands(size), thousands(uint64(limit))),
	}
}

// thousands writes 81204 as 81,204.
func thousands(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
