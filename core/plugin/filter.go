package plugin

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/driplet/driplet/core"
)

// edit is what a publish hook has done with a message; unchanged is pass.
// Immutable.
type edit struct {
	drop     bool
	message  []byte // the new one, compact JSON; nil: as it was
	retarget bool
	target   *core.Target // the new one, nil is everybody; only with retarget
}

// The first byte of a publish hook's answer (ABI.md, 2).
const (
	verdictPass = iota
	verdictDrop
	verdictReplace
	verdictRetarget
	verdictBoth
)

// unchanged spares the most frequent verdict an allocation.
var unchanged = new(edit)

var errShortVerdict = errors.New("its publish hook's answer ends within its target")

// parseEdit reads the answer of a publish hook, and keeps it. The error tells
// the plugin's author what is wrong with it; then the edit means nothing.
func (h *Host) parseEdit(src []byte) (*edit, error) {
	if len(src) == 0 {
		return unchanged, nil
	}
	verdict, rest := src[0], src[1:]
	if verdict <= verdictDrop {
		switch {
		case len(rest) > 0:
			return nil, fmt.Errorf("its publish hook answers %.80q: nothing follows a pass or a drop", src)
		case verdict == verdictDrop:
			return &edit{drop: true}, nil
		}
		return unchanged, nil
	}
	e := new(edit)
	switch verdict {
	case verdictReplace:
		return e, e.replace(rest)
	case verdictRetarget:
		return e, e.aim(h, rest)
	case verdictBoth:
		if len(rest) < 4 {
			return nil, errShortVerdict
		}
		n := binary.LittleEndian.Uint32(rest)
		if rest = rest[4:]; uint64(n) > uint64(len(rest)) {
			return nil, errShortVerdict
		}
		return e, errors.Join(e.aim(h, rest[:n]), e.replace(rest[n:]))
	}
	return nil, fmt.Errorf("its publish hook answers %.80q: the first byte is 0 pass, 1 drop, 2 replace, 3 retarget or 4 both", src)
}

func (e *edit) replace(message []byte) (err error) {
	valid, compact := jsonText(message)
	switch {
	case !valid:
		return fmt.Errorf("its publish hook replaces a message with what is not JSON: %.80q", message)
	case compact:
		e.message = message
	default:
		e.message, err = core.CompactJSON(nil, message)
	}
	return err
}

func (e *edit) aim(h *Host, target []byte) (err error) {
	e.retarget = true
	if len(target) == 0 { // of a request it would mean everybody; here it is a slip
		return errors.New("its publish hook gives an empty target: everybody is {}")
	}
	if e.target, err = h.ParseTarget(target); err != nil {
		return fmt.Errorf("its publish hook gives a target that is none: %w", err)
	}
	return nil
}

// filter asks a topic's publish hooks in turn, each about what the one before
// has made of the message.
func (t *tenant) filter(ctx context.Context, ev *core.ClientEvent, input Input) (core.Verdict, error) {
	v, asked := core.Verdict{Data: ev.Data, Target: ev.Target}, false
	for _, b := range t.hooks[core.HookPublish] {
		if !b.hasTopic(ev.Topic) {
			continue
		}
		asked = true
		out, err := b.handle(ctx, &input, ev, poolWait)
		switch {
		case err != nil && b.Pass:
			continue
		case err != nil:
			return core.Verdict{}, b.callerError(err)
		case out.refusal != nil:
			return core.Verdict{}, out.refusal
		case out.edit.drop:
			return core.Verdict{Drop: true}, nil
		}
		if out.edit.message != nil {
			v.Data, input.Data = out.edit.message, out.edit.message
		}
		if out.edit.retarget {
			v.Target, input.Target = out.edit.target, nil
			if v.Target != nil {
				input.Target = v.Target.Raw
			}
		}
	}
	if !asked { // whoever wanted it was taken off meanwhile
		return v, core.Errorf(core.CodeUnavailable, "the plugins of endpoint %s have just changed: publish again", ev.Endpoint)
	}
	return v, nil
}

// shown is what traces and test cases see of an outcome: the answer, or a
// publish hook's verdict as JSON: "pass", "drop", {"replace":…,"retarget":…}.
func (out *outcome) shown() []byte {
	e := out.edit
	switch {
	case e == nil:
		return out.answer
	case e.drop:
		return []byte(`"drop"`)
	case e.message == nil && !e.retarget:
		return []byte(`"pass"`)
	}
	dst := []byte{'{'}
	if e.message != nil {
		dst = append(append(dst, `"replace":`...), e.message...)
	}
	if e.retarget {
		if e.message != nil {
			dst = append(dst, ',')
		}
		target := []byte("null")
		if e.target != nil {
			target = e.target.Raw
		}
		dst = append(append(dst, `"retarget":`...), target...)
	}
	return append(dst, '}')
}
