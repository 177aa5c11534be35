package plugin

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

// A guest reads the members of an event's data without a call of the host: what
// json_get would say of each lies behind the event's other fields (ABI.md, 3).

// indexField is the number of the field, indexedFields how many an event with it has.
const (
	indexField    = 16
	indexedFields = indexField + 1
)

// maxShown is how large data is shown so, in bytes: what is larger has long
// texts, beside which a call costs nothing, and may not be read at all.
const maxShown = 4 << 10

// shownMember is how many bytes the field holds of a member.
const shownMember = 16

// shown reads the index of an event's data, and returns how many bytes the
// envelope may take more for it; 0: it is not shown.
func (x *index) shown(input *Input) int {
	src := input.Data
	if len(src) == 0 || len(src) > maxShown {
		return 0
	}
	if x.state = x.read(src); x.state == unusable || !x.ascii && !utf8.Valid(src) {
		return 0
	}
	size := 4*(indexedFields-input.fields()) + 4 + shownMember*x.n
	for i := range x.members[:x.n] {
		m := &x.members[i]
		if m.keyEnd-m.key > MaxPath {
			return 0
		}
		if m.escapes {
			size += int(m.end - m.at)
		}
	}
	return size
}

// append writes the fields that the event does not use, and the index, to its
// envelope dst, which has so many fields, and room. data is where in it src lies.
func (x *index) append(dst []byte, fields, data int, src []byte) []byte {
	binary.LittleEndian.PutUint16(dst[2:], indexedFields)
	dst = append(dst, make([]byte, 4*(indexField-fields))...)
	start := len(dst)
	at := start + 8
	dst = dst[:at+shownMember*x.n]
	// The last one first: of a repeated key it counts.
	for i := x.n - 1; i >= 0; i-- {
		m := &x.members[i]
		kind, value, length := jsonType(src[m.at]), data+int(m.at), int(m.end-m.at)
		switch {
		case m.escapes:
			value = len(dst)
			dst = core.AppendUnquoted(dst, src[m.at+1:m.end-1])
			length = len(dst) - value
		case kind == 's':
			value, length = value+1, length-2
		case kind == 't', kind == 'f', kind == 'z':
			length = 0
		}
		e := dst[at : at+shownMember]
		binary.LittleEndian.PutUint32(e, uint32(data)+m.key)
		binary.LittleEndian.PutUint32(e[4:], uint32(value))
		binary.LittleEndian.PutUint32(e[8:], uint32(length))
		binary.LittleEndian.PutUint32(e[12:], m.keyEnd-m.key|uint32(kind)<<16)
		at += shownMember
	}
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	binary.LittleEndian.PutUint32(dst[start+4:], uint32(x.n))
	return dst
}

// AppendIndexed writes the event to dst as a module gets it that imports
// json_get: with the index of its data, where it has one.
func (in *Input) AppendIndexed(dst []byte) []byte {
	var x index
	more := x.shown(in)
	return append(dst, in.appendShown(make([]byte, 0, in.size()+more), &x, more)...)
}

// appendShown writes the event to dst, which is empty and has room, with the
// index unless more is 0: what shown has returned.
func (in *Input) appendShown(dst []byte, x *index, more int) []byte {
	dst, data := in.append(dst)
	if more > 0 {
		dst = x.append(dst, in.fields(), data, in.Data)
	}
	return dst
}
