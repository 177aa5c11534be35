package hub

import (
	"encoding/binary"

	"github.com/driplet/driplet/core"
)

// Frame is one encoded message, immutable and shared by every connection that
// gets it.
type Frame struct {
	// Topic and Overflow say what may replace the frame, or drop it, while it
	// waits. Only messages have a topic.
	Topic    string
	Overflow core.Overflow

	buf   []byte // a WebSocket header, right-aligned before the payload
	start int
}

// headerRoom is the longest header of an unmasked WebSocket frame (RFC 6455, 5.2).
const headerRoom = 10

// NewFrame encodes o; nil means that the encoder has nothing to say.
func NewFrame(e Encoder, o core.Outgoing) *Frame {
	hint := 256
	if ev, ok := o.(*core.Event); ok {
		hint = headerRoom + len(ev.Data) + len(ev.Key.Topic) + 128
	}
	buf := e.Append(make([]byte, headerRoom, hint), o)
	n := len(buf) - headerRoom
	if n == 0 {
		return nil
	}
	const textFin = 0x81
	f := &Frame{buf: buf}
	if ev, ok := o.(*core.Event); ok {
		f.Topic, f.Overflow = ev.Key.Topic, ev.Overflow
	}
	switch {
	case n < 126:
		f.start = headerRoom - 2
		buf[f.start+1] = byte(n)
	case n <= 0xffff:
		f.start = headerRoom - 4
		buf[f.start+1] = 126
		binary.BigEndian.PutUint16(buf[f.start+2:], uint16(n))
	default:
		f.start = 0
		buf[1] = 127
		binary.BigEndian.PutUint64(buf[2:], uint64(n))
	}
	buf[f.start] = textFin
	return f
}

// ControlFrame holds a whole WebSocket control frame, to wait its turn among
// messages. It keeps b.
func ControlFrame(b []byte) *Frame { return &Frame{buf: b} }

// Payload is the message alone. Read only.
func (f *Frame) Payload() []byte { return f.buf[headerRoom:] }

// WebSocket is the message as a whole unmasked text frame. Read only.
func (f *Frame) WebSocket() []byte { return f.buf[f.start:] }

// Batch is what one connection gets in one write, in order. It is the drain's
// and valid only during the call that hands it over.
type Batch struct {
	Frames []*Frame
	joined []byte // of WebSocket; several connections in turn get the same batch
	ready  bool
}

// WebSocket is all frames in one piece. Read only.
func (b *Batch) WebSocket() []byte {
	if len(b.Frames) == 1 {
		return b.Frames[0].WebSocket()
	}
	if !b.ready {
		b.joined = b.joined[:0]
		for _, f := range b.Frames {
			b.joined = append(b.joined, f.WebSocket()...)
		}
		b.ready = true
	}
	return b.joined
}
