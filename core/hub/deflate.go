package hub

import (
	"bytes"
	"compress/flate"
	"sync"
)

// deflateFrom is the payload from which compressing pays: below it the frame
// hardly shrinks, and RFC 7692 lets every message choose.
const deflateFrom = 256

// Deflated is the message as a frame compressed with permessage-deflate
// (RFC 7692), for connections that agreed to it without context takeover: so
// one compressed frame serves all of them. A message too short to gain by it,
// and a control frame, is as WebSocket gives it. Read only.
func (f *Frame) Deflated() []byte {
	f.deflating.Do(func() {
		if f.deflated == nil {
			f.deflated = f.deflate()
		}
	})
	return f.deflated
}

func (f *Frame) deflate() []byte {
	plain := f.WebSocket()
	if plain[0] != finText || len(f.Payload()) < deflateFrom {
		return plain
	}
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.out.Reset()
	d.out.Write(make([]byte, headerRoom))
	d.w.Reset(&d.out)
	d.w.Write(f.Payload()) // to memory: it cannot fail
	d.w.Flush()
	// The message ends without the empty block of the flush (RFC 7692, 7.2.1).
	buf := bytes.Clone(bytes.TrimSuffix(d.out.Bytes(), []byte{0, 0, 0xff, 0xff}))
	if len(buf) >= headerRoom+len(f.Payload()) {
		return plain
	}
	return buf[putHeader(buf, finTextDeflated):]
}

// deflater keeps a compressor, whose tables are large, from message to message.
type deflater struct {
	out bytes.Buffer
	w   *flate.Writer
}

var deflaters = sync.Pool{New: func() any {
	d := &deflater{}
	d.w, _ = flate.NewWriter(&d.out, flate.BestSpeed) // the level is valid
	return d
}}
