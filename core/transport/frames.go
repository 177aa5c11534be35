package transport

import "github.com/driplet/driplet/core"

// pingFrame is a ping without payload (RFC 6455, 5.5.2).
var pingFrame = []byte{0x89, 0}

// pingBatch is one for all: pings are most of what idle connections cost, and
// would leave more garbage than these hold.
var pingBatch = controlBatch(pingFrame)

// opClose is the first byte of a close frame.
const opClose = 0x88

// closeFrame is a whole close frame (RFC 6455, 5.5.1).
func closeFrame(r core.CloseReason) []byte {
	text := closeText(r.Text)
	b := []byte{opClose, byte(2 + len(text)), byte(r.Code >> 8), byte(r.Code)}
	return append(b, text...)
}

// closeText cuts a text to what a close frame holds, between characters.
func closeText(s string) string {
	const room = 123
	if len(s) <= room {
		return s
	}
	end := room
	for end > 0 && s[end]&0xc0 == 0x80 { // within a character
		end--
	}
	return s[:end]
}
