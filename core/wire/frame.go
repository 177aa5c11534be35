package wire

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

// value is one field of a frame as JSON text; raw is nil when it is absent.
type value struct {
	raw    []byte
	spaced bool // raw holds white space that compacting may take out
	twice  bool // the frame names the field more than once
}

// fields is a client's frame taken apart, its values checked as JSON and not
// yet understood. The values share the frame's bytes.
type fields struct {
	typ, id, topic, event, data, message value
	since, proof, limit, token           value
	target, except                       value
}

func (f *fields) slot(key []byte) *value {
	switch string(key) {
	case "type":
		return &f.typ
	case "id":
		return &f.id
	case "topic":
		return &f.topic
	case "event":
		return &f.event
	case "data":
		return &f.data
	case "message":
		return &f.message
	case "since":
		return &f.since
	case "proof":
		return &f.proof
	case "limit":
		return &f.limit
	case "token":
		return &f.token
	case "target":
		return &f.target
	case "except":
		return &f.except
	}
	return nil // a later version's: ignored
}

// read takes frame apart. It answers the first fault, and reads on past it
// where it can, for the sake of the id.
func (f *fields) read(frame []byte) (fault error) {
	if !utf8.Valid(frame) {
		fault = core.Errorf(core.CodeBadRequest, "frame is not valid UTF-8")
	}
	s := core.JSONScanner{Src: frame}
	s.Space()
	if s.Pos == len(frame) {
		return core.Errorf(core.CodeBadRequest, "frame is empty: send one JSON object")
	}
	if s.Next() != '{' {
		return firstOf(fault, core.Errorf(core.CodeBadRequest, "frame starts with %s: send one JSON object", core.NameByte(s.Next())))
	}
	s.Pos++
	for first := true; ; first = false {
		key, ok, err := s.Member(first)
		if err != nil {
			return firstOf(fault, inFrame(err))
		}
		if !ok {
			break
		}
		s.Spaced = false
		start := s.Pos
		raw, err := s.Value(0)
		if err != nil {
			fault = firstOf(fault, inFrame(err))
			if s.Pos = start; !s.Deep || !s.Skip() {
				return fault
			}
			continue // the id may stand behind
		}
		v := f.slot(core.UnquoteJSON(key))
		switch {
		case v == nil:
		case v.raw != nil:
			v.twice = true
			fault = firstOf(fault, core.Errorf(core.CodeBadRequest, "frame has %q twice", core.UnquoteJSON(key)))
		default:
			v.raw, v.spaced = raw, s.Spaced
		}
	}
	s.Space()
	if s.Pos < len(frame) {
		fault = firstOf(fault, core.Errorf(core.CodeBadRequest, "frame goes on after its object, with %s at byte %d: send one object in each frame", core.NameByte(s.Next()), s.Pos+1))
	}
	return fault
}

// inFrame says of a fault in JSON what the JSON is.
func inFrame(err error) error {
	if e := core.AsError(err); strings.HasPrefix(e.Message, "not valid JSON") {
		return core.Errorf(core.CodeBadRequest, "frame is %s", e.Message)
	}
	return err
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// kind names the JSON type of raw, for errors.
func (v value) kind() string {
	if v.raw == nil {
		return "missing"
	}
	return core.JSONKind(v.raw)
}

// text is a string's bytes, which may be the frame's; an absent field is
// empty.
func (v value) text(name string) ([]byte, error) {
	if v.raw == nil {
		return nil, nil
	}
	if v.raw[0] != '"' {
		return nil, core.Errorf(core.CodeBadRequest, "%s must be a string, not %s", name, v.kind())
	}
	return core.UnquoteJSON(v.raw[1 : len(v.raw)-1]), nil
}

// compact is the value as users' JSON travels: checked and without white
// space, in bytes of its own; nil when absent.
func (v value) compact() ([]byte, error) {
	if v.raw == nil {
		return nil, nil
	}
	if !v.spaced {
		return bytes.Clone(v.raw), nil // what CompactJSON would give: the scanner has checked it
	}
	return core.CompactJSON(make([]byte, 0, len(v.raw)), v.raw)
}
