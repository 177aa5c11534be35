package plugin

import (
	"bytes"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

// index says where the members of an event's data stand, so that a handler
// that reads several has them scanned once.
type index struct {
	state   indexState
	ascii   bool
	n       int
	members [maxIndexed]memberAt
}

// maxIndexed is how many members are indexed: what handlers read several fields
// of has few.
const maxIndexed = 16

// memberAt is where a member's key, without its quotes, and its value stand.
type memberAt struct {
	key, keyEnd, at, end uint32
	escapes              bool // it is a string with escapes
}

type indexState uint8

const (
	unread   indexState = iota
	usable              // every lookup may be answered by it
	unusable            // no object, not sound, too many members, escapes in keys
)

// lookup finds the value at path in the event's data.
func (in *instance) lookup(path []byte) ([]byte, error) {
	x := &in.index
	if x.state == unread {
		x.state = x.read(in.data)
	}
	if x.state == unusable || len(path) == 0 {
		return jsonFind(in, in.data, string(path))
	}
	var found *memberAt
	best := 1
	for i := range x.members[:x.n] {
		m := &x.members[i]
		if n := int(m.keyEnd - m.key); n >= best && n <= len(path) && bytes.Equal(in.data[m.key:m.keyEnd], path[:n]) && (n == len(path) || path[n] == '.') {
			found, best = m, n
		}
	}
	if found == nil {
		return nil, ErrnoNotFound
	}
	value := in.data[found.at:found.end]
	if best < len(path) {
		f := finder{JSONScanner: core.JSONScanner{Src: value}, guest: in}
		var err error
		if value, err = f.find(cutSegment(string(path), best), 1); err != nil {
			return nil, ErrnoBadArgument
		}
	}
	switch {
	case value == nil:
		return nil, ErrnoNotFound
	case !x.ascii && !utf8.Valid(value):
		return nil, ErrnoBadArgument
	}
	return value, nil
}

// read fills the index.
func (x *index) read(src []byte) indexState {
	s := core.JSONScanner{Src: src}
	s.Space()
	if s.Next() != '{' {
		return unusable
	}
	s.Pos++
	for x.n = 0; ; x.n++ {
		key, more, err := s.Member(x.n == 0)
		if err != nil || x.n == maxIndexed && more || s.Escape {
			return unusable
		}
		if !more {
			x.ascii = s.ASCII()
			return usable
		}
		at, first := s.Pos, s.Next()
		if _, err := s.Value(1); err != nil {
			return unusable
		}
		start := uint32(cap(src) - cap(key)) // it is a part of src
		x.members[x.n] = memberAt{start, start + uint32(len(key)), uint32(at), uint32(s.Pos), first == '"' && s.Escape}
		s.Escape = false
	}
}
