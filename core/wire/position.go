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
	s := core.JSONScanner{Src: v.raw, Pos: 1}
	for first := true; ; first = false {
		key, ok, err := s.Member(first)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		raw, err := s.Value(1)
		if err != nil {
			return nil, err
		}
		field := &epoch
		switch string(core.UnquoteJSON(key)) {
		case "epoch":
		case "offset":
			field = &offset
		default:
			continue
		}
		if field.raw != nil {
			return nil, core.Errorf(core.CodeBadRequest, "since has %q twice", core.UnquoteJSON(key))
		}
		field.raw = raw
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
