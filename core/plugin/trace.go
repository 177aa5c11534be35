package plugin

import (
	"time"

	"github.com/driplet/driplet/core"
)

// Trace is one event as it went: what came in, what came of it.
type Trace struct {
	Plugin, Version, Endpoint string
	Input                     Input
	Answer                    []byte
	Refusal                   *core.Error
	Failure                   error // trap, deadline, bad answer
	Took                      time.Duration
	Fuel                      int64 // as package meter counts it: about the instructions that ran
	Logs                      []string
	Effects                   []Effect // as asked for; applied unless Failure
}

// trace makes the record of the event that in has just handled.
func (in *instance) trace(input *Input, took time.Duration, out outcome, err error) *Trace {
	b := in.b
	if b.host.Trace == nil {
		return nil
	}
	t := &Trace{
		Plugin: b.Name, Version: b.Version, Endpoint: b.endpoint.Name, Input: *input,
		Answer: out.answer, Refusal: out.refusal, Failure: err, Took: took, Fuel: in.used() - in.spent, Logs: in.lines,
	}
	if in.fx != nil {
		t.Effects = in.fx.list
	}
	return t
}

func (h *Host) traced(t *Trace) {
	if t != nil {
		h.Trace(t)
	}
}
