package hub

import (
	"encoding/binary"
	"sync"

	"github.com/driplet/driplet/core"
)

// Frame is one encoded message, immutable and shared by every connection that
// gets it.
type Frame struct {
	// Topic and Overflow say what may replace the frame, or drop it, while it
	// waits. Only messages have a topic, and the notice of a gap.
	Topic    string
	Overflow core.Overflow
	Kept     bool // a message that has a place in its topic's history
	Gap      bool // tells that messages of Topic were dropped; what follows it is whole again

	buf       []byte // a WebSocket header, right-aligned before the payload
	start     int
	deflating sync.Once
	deflated  []byte // see Deflated
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
	f := &Frame{buf: buf, start: putHeader(buf, finText)}
	switch o := o.(type) {
	case *core.Event:
		f.Topic, f.Overflow, f.Kept = o.Key.Topic, o.Overflow, o.Pos.Offset > 0
	case core.Unsubscribed:
		if o.Reason == core.ReasonGap {
			f.Topic, f.Gap = o.Topic, true
		}
	}
	return f
}

// First bytes of a data frame that is a whole message (RFC 6455, 5.2), plain
// and compressed (RFC 7692, 6).
const (
	finText         = 0x81
	finTextDeflated = 0xc1
)

// putHeader writes a frame's header right before the payload, which begins at
// headerRoom in buf, and returns where it starts.
func putHeader(buf []byte, first byte) (start int) {
	switch n := len(buf) - headerRoom; {
	case n < 126:
		start = headerRoom - 2
		buf[start+1] = byte(n)
	case n <= 0xffff:
		start = headerRoom - 4
		buf[start+1] = 126
		binary.BigEndian.PutUint16(buf[start+2:], uint16(n))
	default:
		start = 0
		buf[1] = 127
		binary.BigEndian.PutUint64(buf[2:], uint64(n))
	}
	buf[start] = first
	return start
}

// ControlFrame holds a whole WebSocket control frame, to wait its turn among
// messages. It keeps b.
func ControlFrame(b []byte) *Frame { return &Frame{buf: b, deflated: b} }

// Payload is the message alone. Read only.
func (f *Frame) Payload() []byte { return f.buf[headerRoom:] }

// WebSocket is the message as a whole unmasked text frame. Read only.
func (f *Frame) WebSocket() []byte { return f.buf[f.start:] }

// Batch is what one connection gets in one write, in order. It is the drain's
// and valid only during the call that hands it over.
type Batch struct {
	Frames   []*Frame
	plain    piece
	deflated piece
}

// piece is frames joined, kept while several connections in turn get
// the same batch.
type piece struct {
	buf   []byte
	ready bool
}

func (b *Batch) changed() { b.plain.ready, b.deflated.ready = false, false }

// WebSocket is all frames in one piece. Read only.
func (b *Batch) WebSocket() []byte { return b.plain.of(b.Frames, (*Frame).WebSocket) }

// Deflated is all frames in one piece, compressed. Read only.
func (b *Batch) Deflated() []byte { return b.deflated.of(b.Frames, (*Frame).Deflated) }

func (p *piece) of(frames []*Frame, bytes func(*Frame) []byte) []byte {
	if len(frames) == 1 {
		return bytes(frames[0])
	}
	if !p.ready {
		p.buf = p.buf[:0]
		for _, f := range frames {
			p.buf = append(p.buf, bytes(f)...)
		}
		p.ready = true
	}
	return p.buf
}
