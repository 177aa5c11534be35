package wire

import (
	"strconv"

	"github.com/driplet/driplet/core"
)

// position reads {"epoch":"…","offset":n}; nil when absent. The scanner has
// checked its syntax.
func (v value) position() (*core.Position, error) {
	if v.raw == nil {
		return nil, nil
	}
	if v.raw[0] != '{' {
		return nil, core.Errorf(core.CodeBadRequest, "since must be an object with epoch and offset, not %s", v.kind())
	}
	var epoch, offset value
	s := scanner{src: v.raw, pos: 1}
	for first := true; ; first = false {
		key, ok, err := s.member(first)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		start := s.pos
		if err := s.value(1); err != nil {
			return nil, err
		}
		field := &epoch
		switch string(unquote(key)) {
		case "epoch":
		case "offset":
			field = &offset
		default:
			continue
		}
		if field.raw != nil {
			return nil, core.Errorf(core.CodeBadRequest, "since has %q twice", unquote(key))
		}
		field.raw = v.raw[start:s.pos]
	}
	e, err := epoch.text("since.epoch")
	if err != nil {
		return nil, err
	}
	if len(e) == 0 {
		return nil, core.Errorf(core.CodeBadRequest, "since.epoch is missing or empty")
	}
	n, err := strconv.ParseUint(string(offset.raw), 10, 64)
	if err != nil {
		return nil, core.Errorf(core.CodeBadRequest, "since.offset must be an integer, 0 or more, below 2^64")
	}
	return &core.Position{Epoch: string(e), Offset: n}, nil
}
