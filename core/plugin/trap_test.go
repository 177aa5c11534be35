package plugin_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// calling is a guest whose dr_event calls a function of that name with that
// code, which has an i32 for itself.
func calling(name string, code ...[]byte) []byte {
	m := new(asm.Module)
	m.Memory(4, 0)
	m.Func("dr_abi", "", "i", "", asm.I32Const(1))
	m.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	f := m.Func("", "", "", "i", code...)
	m.Func("dr_event", "iii", "I", "", asm.Call(f), asm.I64Const(0))
	names := append(asm.U32(uint32(f)), append(asm.U32(uint32(len(name))), name...)...)
	names = append(asm.U32(1), names...)
	m.Custom("name", append([]byte{1, byte(len(names))}, names...))
	return m.Bytes()
}

// printing is a guest that prints to its standard error, in pieces, and traps.
func printing(pieces ...string) []byte { return printingThen(asm.Unreachable, pieces...) }

// exiting is a guest that prints, and ends its process.
func exiting(pieces ...string) []byte { return printingThen(nil, pieces...) }

// printingThen is a guest that prints and ends with code; nil is proc_exit(3).
func printingThen(end []byte, pieces ...string) []byte {
	m := new(asm.Module)
	write := m.Import("wasi_snapshot_preview1", "fd_write", "iiii", "i")
	exit := m.Import("wasi_snapshot_preview1", "proc_exit", "i", "")
	m.Memory(4, 0)
	if end == nil {
		end = asm.Code(asm.I32Const(3), asm.Call(exit), asm.Unreachable)
	}
	var vectors []byte
	for _, p := range pieces {
		vectors = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(vectors, uint32(guestText+8*len(pieces)+len(strings.Join(pieces, ""))-len(strings.Join(pieces[len(vectors)/8:], "")))), uint32(len(p)))
	}
	m.Data(guestText, vectors)
	m.Data(guestText+int32(len(vectors)), []byte(strings.Join(pieces, "")))
	m.Func("dr_abi", "", "i", "", asm.I32Const(1))
	m.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	m.Func("dr_event", "iii", "I", "", asm.I32Const(2), asm.I32Const(guestText), asm.I32Const(int32(len(pieces))), asm.I32Const(guestOut), asm.Call(write), asm.Drop, end)
	return m.Bytes()
}

// What a guest prints is logged by the line, however a runtime cuts it; what
// tells of its end is one text, and the reason that is given.
func TestPrintedLines(t *testing.T) {
	long := strings.Repeat("x", plugin.MaxLogText+1)
	many := make([]string, plugin.MaxLogLines+5)
	for i := range many {
		many[i] = "a line\n"
	}
	for name, c := range map[string]struct {
		pieces []string
		lines  []string
		why    string // the failure begins with it
	}{
		"pieces":         {[]string{"he", "llo\nyou", "\n\n", "rest "}, []string{"hello", "you", "rest"}, "hello; you; it ran"},
		"Go's panic":     {[]string{"hello\n", "panic: ", "no cheese", "\n", "\n", "goroutine ", "1", " [running]:\n", "main.buy(", "0x2", ")\n\t", "shop/main.go", ":", "47", " +", "0x4", "\n"}, []string{"hello", "panic: no cheese\n\ngoroutine 1 [running]:\nmain.buy(0x2)\n\tshop/main.go:47 +0x4"}, "panic: no cheese (shop/main.go:47); it ran"},
		"Go's deadlock":  {[]string{"fatal error: ", "all asleep", "\n"}, []string{"fatal error: all asleep"}, "fatal error: all asleep; it ran"},
		"Rust's panic":   {[]string{"thread '<unnamed>' panicked at main.rs:3:5:\nno cheese\n", "note: more\n"}, []string{"thread '<unnamed>' panicked at main.rs:3:5:\nno cheese\nnote: more"}, "thread '<unnamed>' panicked at main.rs:3:5:; no cheese; note: more; it ran"},
		"after a lot":    {[]string{long + "\n", "panic: ", "no cheese\n"}, []string{long[:plugin.MaxLogText], "panic: no cheese"}, "panic: no cheese; it ran"},
		"after too many": {append(many, "panic: ", "no cheese\n"), append(strings.Split(strings.Repeat("a line\n", plugin.MaxLogLines-1)+"a line", "\n"), "panic: no cheese"), "panic: no cheese; it ran"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _, err := one(t, printing(c.pieces...))
			wantCode(t, err, core.CodePluginFailed)
			got := r.lastTrace()
			if !slices.Equal(got.Logs, c.lines) {
				t.Errorf("logs %.500q, want %.500q", got.Logs, c.lines)
			}
			if !strings.HasPrefix(got.Failure.Error(), c.why) {
				t.Errorf("failure %.500q, want %q", got.Failure.Error(), c.why)
			}
		})
	}
}

// A guest without WASI tells the log why it gives up: the last error there is
// the reason, if nothing came after it.
func TestALoggedErrorExplainsTheTrap(t *testing.T) {
	for name, c := range map[string]struct {
		levels []int32
		end    []byte
		why    string
	}{
		"a panic":        {[]int32{1, 3}, asm.Unreachable, "no cheese 3; it ran"},
		"something else": {[]int32{3, 1}, asm.Unreachable, "wasm error: unreachable"},
		"another trap":   {[]int32{3}, asm.Code(asm.I32Const(-16), asm.Load32(0), asm.Drop, asm.Unreachable), "wasm error: out of bounds memory access"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest()
			for _, level := range c.levels {
				ptr, n := g.place(fmt.Sprint("no cheese ", level))
				g.do(asm.I32Const(level), asm.I32Const(ptr), asm.I32Const(n), asm.Call(g.funcs["log"]), asm.Drop)
			}
			r, _, err := one(t, g.finish(c.end))
			wantCode(t, err, core.CodePluginFailed)
			if got := r.lastTrace().Failure.Error(); !strings.HasPrefix(got, c.why) {
				t.Errorf("failure %q, want %q", got, c.why)
			}
		})
	}
}

// What an author reads about a plugin that failed says where, and what to do.
func TestFailuresSayWhatToDo(t *testing.T) {
	forEver := asm.Loop(asm.LocalGet(0), asm.I32Const(1), asm.I32Add, asm.LocalSet(0), asm.Br(0))
	load := func(ptr int32) []byte { return asm.Code(asm.I32Const(ptr), asm.Load32(0), asm.Drop) }
	grow := asm.Code(asm.I32Const(200), asm.MemoryGrow, asm.Drop, asm.Unreachable)
	for name, c := range map[string]struct {
		wasm []byte
		want []string // all of them
	}{
		"deadline": {calling("work", forEver), []string{
			"it did not end within its deadline of 50ms, at a fuel of ", "; it ran work. Do less in one event, or raise deadline under [limits] in p.toml"}},
		"waiting in Go": {calling("runtime.runCleanups", forEver), []string{
			"it did not end within its deadline of 50ms, at a fuel of ", "; it waited, for time.Sleep, a channel or a lock. Nothing comes while a handler runs: use Timer.Set, or HTTP.Fetch"}},
		"a trap":           {calling("_ZN4quiz3say17h0123456789abcdefE", asm.Unreachable), []string{"wasm error: unreachable (it gave up: a failed check, a panic, or no memory); it ran quiz::say"}},
		"outside memory":   {calling("peek", load(-16)), []string{"wasm error: out of bounds memory access (it read or wrote outside its memory); it ran peek"}},
		"divided by zero":  {calling("average", asm.I32Const(1), asm.I32Const(0), []byte{0x6d}, asm.Drop), []string{"wasm error: integer divide by zero (it divided by zero); it ran average"}},
		"memory":           {calling("hoard", grow), []string{"unreachable", "; it ran hoard. Its memory holds 13056 KiB of 16 MiB: if it ran out, hold less, or raise memory under [limits] in p.toml"}},
		"recursion":        {recursion(), []string{"call depth: its calls go more than 20000 deep, or take more stack than it may. Does the recursion end?; it ran function ", " times). If it does, raise stack (1 MiB) under [limits] in p.toml"}},
		"its own words":    {printing("panic: no cheese\n\ngoroutine 1 [running]:\nruntime.gopanic(0x1)\n\truntime/panic.go:1 +0x3\nmain.buy(0x2)\n\texample.com/shop/main.go:47 +0x4\n"), []string{"panic: no cheese (example.com/shop/main.go:47); it ran "}},
		"an exit":          {exiting(), []string{"it ended itself, with the exit code 3: a plugin serves many events; return an error, or a refusal, instead of exiting"}},
		"words and exit":   {exiting("no cheese\n"), []string{"no cheese; it ended itself, with the exit code 3"}},
		"words with a tab": {printing("panic: no cheese\n\tin the shop\n"), []string{"panic: no cheese;  in the shop; it ran "}},
		"words of a line":  {printing("no cheese\nat all\n"), []string{"no cheese; at all; it ran "}},
		"an abort":         {aborting("no cheese"), []string{"no cheese (", ":12:3)"}},
		"too long":         {newGuest().finish(asm.I64Const(1024<<32 | (plugin.MaxAnswer + 1))), []string{"its answer has 65537 bytes, the limit is 65536: publish what is long, or answer in parts"}},
		"no JSON":          {newGuest().answer("{a:1}", false), []string{`its answer is not JSON: "{a:1}"; answer with an object of the guest library, or with JSON text`}},
		"outside as well":  {newGuest().finish(asm.I64Const(-65536<<32 | 10)), []string{"its answer lies outside its memory"}},
		"a bad refusal":    {newGuest().answer(`{"code":"other.no"}`, true), []string{`it refuses with the code "other.no": use one of the shared codes or "p.<name>"`}},
		"an empty refusal": {newGuest().answer(`nope`, true), []string{`its refusal is not JSON: "nope"`}},
	} {
		t.Run(name, func(t *testing.T) {
			// Only who is to miss the deadline has a short one: a busy machine takes 50 ms from anybody.
			patience := func(*plugin.Options) {}
			if name == "deadline" || name == "waiting in Go" {
				patience = impatient
			}
			r, _, err := one(t, c.wasm, patience)
			wantCode(t, err, core.CodePluginFailed)
			failure := r.lastTrace().Failure
			if failure == nil {
				t.Fatalf("the trace tells of no failure; the log: %s", r.log.String())
			}
			text := failure.Error()
			for _, want := range c.want {
				if !strings.Contains(strings.ReplaceAll(text, `\"`, `"`), want) {
					t.Errorf("got  %s\nwant %s", text, want)
				}
			}
			if strings.Contains(text, "wasm stack trace") || strings.Contains(text, "recovered by") || strings.Contains(text, "driplet_meter") {
				t.Errorf("the engine's words: %s", text)
			}
			if strings.Contains(err.Error(), "it ran") || strings.Contains(err.Error(), "cheese") {
				t.Errorf("the caller hears of the inside: %v", err)
			}
		})
	}
}
