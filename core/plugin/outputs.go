package plugin

import (
	"bytes"
	"log/slog"
)

// outputs takes what a WASI guest writes to its standard output and error:
// lines go to the log, and the last of them explain a trap. Runtimes write in
// pieces, so a line is logged when it ends, or when the event does.
type outputs struct {
	in    *instance
	tail  []byte // what explains a trap
	line  []byte // has not ended yet
	dying bool   // what comes is about the guest's end: one text
}

// tailBytes is how much of the output is kept: Go's panic begins with its
// message, stack traces follow.
const tailBytes = 2048

// lastLines are how runtimes begin to tell of their end: Go's, and Rust's.
var lastLines = [...][]byte{[]byte("panic: "), []byte("fatal error: "), []byte("thread '")}

// Write takes what the guest wrote; it never fails, but ends a guest that is
// past its deadline.
func (o *outputs) Write(p []byte) (int, error) {
	n := len(p)
	o.in.charge(1 + n>>10)
	cut := n > MaxLogText && p[n-1] == '\n'
	p = p[:min(n, MaxLogText)]
	if !o.dying && len(o.line) == 0 {
		for _, begin := range lastLines {
			o.dying = o.dying || bytes.HasPrefix(p, begin)
		}
		if o.dying {
			o.tail = o.tail[:0] // what was printed before is no reason
		}
	}
	o.tail = append(o.tail, p[:min(len(p), tailBytes-len(o.tail))]...)
	if o.dying {
		o.hold(p)
		return n, nil
	}
	for len(p) > 0 && o.in.logLines < MaxLogLines {
		piece, rest, whole := bytes.Cut(p, newline)
		o.hold(piece)
		if whole {
			o.flush()
		}
		p = rest
	}
	if cut {
		o.flush()
	}
	return n, nil
}

var newline = []byte("\n")

// hold keeps what may be a part of a line.
func (o *outputs) hold(p []byte) {
	o.line = append(o.line, p[:min(len(p), MaxLogText-len(o.line))]...)
}

// flush logs what is held. What tells of the guest's end is one text, beyond
// the number of lines that an event may log.
func (o *outputs) flush() {
	text, level := bytes.TrimRight(o.line, " \t\r\n"), slog.LevelInfo
	if o.dying {
		level = slog.LevelError
	}
	o.line = o.line[:0]
	if len(text) > 0 && (o.dying || o.in.logLines < MaxLogLines) {
		o.in.logLines++
		o.in.logged(level, text)
	}
}

// end logs what is left without the end of a line when the guest has ended.
func (o *outputs) end() {
	if len(o.line) > 0 {
		o.flush()
	}
	o.dying = false
}
