package transport

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/driplet/driplet/core"
)

// masked is a client's frame with a key of zeros.
func masked(first byte, n int) []byte {
	b := []byte{first, 0x80 | byte(n)}
	switch {
	case n > 0xffff:
		b = binary.BigEndian.AppendUint64([]byte{first, 0xff}, uint64(n))
	case n > 125:
		b = binary.BigEndian.AppendUint16([]byte{first, 0xfe}, uint16(n))
	}
	return append(b, make([]byte, maskBytes+n)...)
}

func TestGuardSumsFragments(t *testing.T) {
	g := guard{limit: 1000}
	stream := bytes.Join([][]byte{
		masked(0x82, 1000), masked(0x02, 400), masked(0x89, 125), masked(0x00, 400), masked(0x80, 200), masked(0x01, 1000),
	}, nil)
	if frames, good, fault := g.scan(stream); frames != 6 || good != len(stream) || fault != nil {
		t.Fatalf("%d frames, %d of %d bytes, %v", frames, good, len(stream), fault)
	}
	_, good, fault := g.scan(masked(0x00, 1))
	if good != 1 || fault == nil || *fault != tooLarge(1001, 1000) {
		t.Errorf("%d bytes are good, %v", good, fault)
	}
}

// However a stream is cut into reads, the verdict is the same, and a fault is
// found before its header is complete.
func FuzzGuard(f *testing.F) {
	f.Add(bytes.Join([][]byte{masked(0x81, 5), masked(0x01, 130), masked(0x80, 70000), masked(0x89, 0)}, nil), uint8(3))
	f.Add([]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, uint8(1))
	f.Add([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, uint8(0))
	f.Add([]byte{0x81, 5, 'h'}, uint8(7))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		const limit = 4096
		whole := guard{limit: limit}
		frames, good, fault := whole.scan(stream)
		if good > len(stream) || fault == nil && good != len(stream) || frames > good/2 {
			t.Fatalf("%d frames in %d bytes, %d of them good, %v", frames, len(stream), good, fault)
		}
		pieces, sum, found := guard{limit: limit}, 0, (*core.CloseReason)(nil)
		rest, at := stream, 0
		for len(rest) > 0 && found == nil {
			n := min(len(rest), 1+int(step))
			some, ok, fault := pieces.scan(rest[:n])
			sum, at, found, rest = sum+some, at+ok, fault, rest[n:]
		}
		if sum != frames || at != good || (found == nil) != (fault == nil) || found != nil && *found != *fault {
			t.Fatalf("in pieces: %d frames, %d good, %v; whole: %d, %d, %v", sum, at, found, frames, good, fault)
		}
		if whole.skip > limit+maskBytes {
			t.Fatalf("%d bytes are let through", whole.skip)
		}
	})
}
