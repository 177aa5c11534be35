package plugin

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero/sys"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/meter"
)

// trap is how a guest ended that was stopped or gave up, worded for its author:
// why, and which of its functions ran, the innermost first.
type trap struct {
	cause  error  // as the engine has it
	why    string // one line, or the guest's own words
	frames []string
}

// Error is why, and where.
func (t *trap) Error() string {
	if len(t.frames) == 0 {
		return t.why
	}
	return t.why + "; it ran " + strings.Join(t.frames, ", called by ")
}

// Unwrap is the engine's error.
func (t *trap) Unwrap() error { return t.cause }

// What the engine's errors mean to an author, behind "wasm error: ".
var trapMeanings = map[string]string{
	"unreachable":                   "it gave up: a failed check, a panic, or no memory",
	"out of bounds memory access":   "it read or wrote outside its memory",
	"integer divide by zero":        "it divided by zero",
	"integer overflow":              "a division or a conversion does not fit the integer",
	"invalid conversion to integer": "a number that is none was made an integer",
	"invalid table access":          "it called a function that does not exist, through a bad pointer",
	"indirect call type mismatch":   "it called a function by another type than it has, through a bad pointer",
	"stack overflow":                "its calls go too deep",
}

const (
	traceMark   = "\nwasm stack trace:\n"
	hostMark    = " (recovered by wazero)"
	hostFault   = "Go runtime stack trace:"
	traceFrames = 5 // how many functions an error names
)

// stopped words the error of a guest that was stopped.
func stopped(err error) error {
	if err == nil {
		return nil
	}
	if exit := (*sys.ExitError)(nil); errors.As(err, &exit) {
		return &trap{cause: err, why: fmt.Sprintf("it ended itself, with the exit code %d: a plugin serves many events; return an error, or a refusal, instead of exiting", exit.ExitCode())}
	}
	text := err.Error()
	why, trace, found := strings.Cut(text, traceMark)
	if !found || strings.Contains(text, hostFault) {
		return err // a fault of the host's: all of it is wanted
	}
	t := &trap{cause: err, why: strings.TrimSuffix(why, hostMark)}
	start := ""
	if _, after, ok := strings.Cut(t.why, "] failed: "); ok && strings.HasPrefix(t.why, "start function[") {
		start, t.why = "its start function: ", after
	}
	if meaning := trapMeanings[strings.TrimPrefix(t.why, "wasm error: ")]; meaning != "" {
		t.why += " (" + meaning + ")"
	}
	t.frames = ownFrames(trace)
	switch {
	case errors.Is(err, errOverflow):
		t.why = errOverflow.Error() + ". Does the recursion end?"
	case len(t.frames) > 0 && strings.Contains(why, "out of bounds") && strings.HasSuffix(t.frames[0], " times)"):
		t.why += ", or its own stack is full. Does the recursion end?"
	}
	t.why = start + t.why
	return t
}

// entrances are the functions of guest libraries that call handlers, and of
// runtimes around them: they say nothing of where it failed.
var entrances = regexp.MustCompile(`(^|[./])(dr_event|dr_export_event|drEvent|dispatch|wasm_pc_f_loop_export)$`)

// rustEnd are the functions through which Rust panics.
var rustEnd = regexp.MustCompile(`^(core::panicking|std::panicking|std::sys_common::backtrace|core::option::expect|core::option::unwrap|core::result::unwrap|rust_begin|rust_panic|__rust_)`)

// ownFrames are the guest's functions in a stack trace.
func ownFrames(trace string) []string {
	var names []string
	for line := range strings.Lines(trace) {
		name := strings.TrimPrefix(strings.TrimSpace(line), ".")
		name, _, _ = strings.Cut(name, "(")
		if strings.HasPrefix(name, "JS_") {
			return nil // a JavaScript engine's own: what it ran is another's to say
		}
		if name == "" || strings.HasSuffix(name, "omitted frames") || strings.Contains(name, meter.HostModule+".") || name == "env.abort" || strings.HasPrefix(name, abiModule+".") {
			continue
		}
		if index, err := strconv.Atoi(strings.TrimPrefix(name, "$")); err == nil && name[0] == '$' {
			name = fmt.Sprintf("function %d", index-meter.HostFunctions) // as the author's tools count
		}
		names = append(names, demangled(name))
	}
	cut := strings.Contains(trace, "omitted frames")
	// The handler and what it called, without the runtime that ended it, and
	// without what called the handler; where nothing is left, all of it.
	own := names
	if len(own) > 1 && !cut {
		own = own[:len(own)-1] // what the host has called
	}
	if i := slices.IndexFunc(own, entrances.MatchString); i > 0 {
		own = own[:i]
	}
	for len(own) > 1 && (strings.HasPrefix(own[0], "runtime.") || rustEnd.MatchString(own[0])) {
		own = own[1:]
	}
	var frames []string
	for i := 0; i < len(own) && len(frames) < traceFrames; {
		n := 1
		for i+n < len(own) && own[i+n] == own[i] {
			n++
		}
		if n > 1 {
			count := fmt.Sprintf("%d", n)
			if cut && i+n == len(own) {
				count += " or more"
			}
			frames = append(frames, fmt.Sprintf("%s (%s times)", own[i], count))
		} else {
			frames = append(frames, own[i])
		}
		i += n
	}
	return frames
}

// demangled is a name of Rust's older form (_ZN6plugin3say17h0123456789abcdefE)
// as its author wrote it: plugin::say. Others stay.
func demangled(name string) string {
	rest, ok := strings.CutPrefix(name, "_ZN")
	if !ok {
		return name
	}
	var parts []string
	for {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if err != nil || n > len(rest)-digits {
			break
		}
		parts = append(parts, rest[digits:digits+n])
		rest = rest[digits+n:]
	}
	if last := len(parts) - 1; last > 0 && len(parts[last]) == 17 && parts[last][0] == 'h' {
		parts = parts[:last]
	}
	if len(parts) == 0 || !strings.HasPrefix(rest, "E") {
		return name
	}
	return strings.NewReplacer("$LT$", "<", "$GT$", ">", "$RF$", "&", "$C$", ",", "$u20$", " ", "$u7b$", "{", "$u7d$", "}", "..", "::").Replace(strings.Join(parts, "::"))
}

// goLine finds where in its source a Go guest failed, in what it prints.
var goLine = regexp.MustCompile(`(?m)^(\S+)\(.*\)\n\t(\S+\.go:\d+)`)

// explain words what ended the guest: its own last words before the engine's,
// the fuel that it took, and whether memory was short.
func (in *instance) explain(err error) error {
	if err == nil {
		return nil
	}
	var t *trap // not before: it is made in the heap
	if !errors.As(err, &t) {
		return err
	}
	if in.b.script && (errors.Is(err, errDeadline) || errors.Is(err, errOverflow)) {
		t.frames = []string{in.handler()}
	}
	if errors.Is(err, errDeadline) {
		t.why = fmt.Sprintf("%s of %v", t.why, in.limit)
		if in.fuel != nil {
			t.why += fmt.Sprintf(", at a fuel of %d", in.used()-in.spent)
		}
		if len(t.frames) > 0 && strings.HasPrefix(t.frames[0], "runtime.") { // Go's: the handler's own functions are not on the stack
			t.why += "; it waited, for time.Sleep, a channel or a lock"
			t.frames = nil
			return fmt.Errorf("%w. Nothing comes while a handler runs: use Timer.Set, or HTTP.Fetch, whose answer is another event", err)
		}
		if in.ready {
			return fmt.Errorf("%w. Do less in one event, or raise deadline under [limits] in %s.toml", err, in.b.Name)
		}
		return fmt.Errorf("%w. Do less before the first event", err)
	}
	if errors.Is(err, errOverflow) {
		return fmt.Errorf("%w. If it does, raise stack (%s) under [limits] in %s.toml", err, core.FormatSize(int64(in.b.Limits.Stack)), in.b.Name)
	}
	words, exit := in.lastWords(), (*sys.ExitError)(nil)
	if words == "" && in.cried > 0 && in.cried == len(in.lines) && strings.Contains(err.Error(), "unreachable") {
		words = in.lines[in.cried-1] // a guest without WASI tells the log why it gives up
	}
	switch {
	case words != "" && errors.As(err, &exit):
		t.why = words + "; " + t.why
	case words != "":
		t.why = words // whoever prints its reason ends with a plain trap
	}
	if held, most := in.memory(); held*2 > most {
		return fmt.Errorf("%w. Its memory holds %s of %s: if it ran out, hold less, or raise memory under [limits] in %s.toml", err, core.FormatSize(held), core.FormatSize(most), in.b.Name)
	}
	return err
}

// handler names what runs, where the guest's functions do not: by its event.
func (in *instance) handler() string {
	switch {
	case !in.ready:
		return "what runs once, at the start"
	case in.kind == KindMessage:
		return fmt.Sprintf("the handler of %q", in.name)
	case in.kind == KindTimer:
		return fmt.Sprintf("the handler of the timer %q", in.name)
	}
	return "the handler of " + in.kind.String()
}

// lastWords are what the guest printed about its end: the first paragraph, and
// the line of its source where it says so.
func (in *instance) lastWords() string {
	tail := string(bytes.TrimSpace(in.printed.tail))
	words, rest, _ := strings.Cut(tail, "\n\n")
	for _, m := range goLine.FindAllStringSubmatch(rest, -1) {
		if !strings.HasPrefix(m[1], "runtime.") && !strings.HasPrefix(m[1], "panic") {
			words += " (" + m[2] + ")"
			break
		}
	}
	return strings.NewReplacer("\n", "; ", "\t", " ").Replace(words)
}

// memory is how many bytes the guest has, and may have.
func (in *instance) memory() (held, most int64) {
	if in.mem == nil {
		return 0, 1
	}
	return int64(in.mem.Size()), in.b.memory
}
