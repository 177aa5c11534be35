package plugin_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// asked is a guest that calls a function of WASI once and tells its errno, then
// a number of its memory.
func asked(name, params string, number int32, args ...int) []byte {
	g := newGuest()
	g.funcs[name] = g.Import("wasi_snapshot_preview1", name, params, "i")
	var code []byte
	for i, a := range args {
		if params[i] == 'I' {
			code = append(code, asm.I64Const(int64(a))...)
		} else {
			code = append(code, asm.I32Const(int32(a))...)
		}
	}
	// Two pieces of "one" and "two\n" at guestOut; a clock and the standard error, to
	// be polled, from guestOut+1024 on.
	ptr, _ := g.place("onetwo\n")
	for at, v := range map[int32]int32{0: ptr, 4: 3, 8: ptr + 3, 12: 4, 1024: 7, 1072: 8, 1080: 1, 1088: 2} {
		g.do(asm.I32Const(guestOut+at), asm.I32Const(v), asm.Store32(0))
	}
	told := func(code ...[]byte) {
		r, n := g.place("r")
		g.do(asm.I32Const(r), asm.I32Const(n), asm.Code(code...), asm.Call(g.funcs["metric"]), asm.Drop)
	}
	told(code, asm.Call(g.funcs[name]), asm.ExtendS)
	told(asm.I32Const(number), asm.Load32(0), asm.ExtendS)
	return g.answer("", false)
}

// What WASI does here takes no longer than a host call may.
func TestWASIIsBounded(t *testing.T) {
	const badFile, fault, invalid, unsupported = 8, 21, 28, 58
	const pieces, questions, answers, number = guestOut, guestOut + 1024, guestOut + 2048, guestOut + 4096
	for i, c := range []struct {
		name, params string
		args         []int
		look         int32
		want         []int64 // errno, number
	}{
		{"fd_write", "iiii", []int{1, pieces, 2, number}, number, []int64{0, 7}},
		{"fd_write", "iiii", []int{2, pieces, 0, number}, number, []int64{0, 0}},
		{"fd_write", "iiii", []int{2, pieces, 1025, number}, number, []int64{invalid, 0}},
		{"fd_write", "iiii", []int{1, 1 << 30, 1, number}, number, []int64{fault, 0}},
		{"fd_write", "iiii", []int{1, questions, 1, 1 << 30}, number, []int64{fault, 0}},
		{"fd_write", "iiii", []int{0, pieces, 2, number}, number, []int64{badFile, 0}},
		{"fd_read", "iiii", []int{0, pieces, 2, number}, number, []int64{0, 0}},
		{"fd_read", "iiii", []int{0, pieces, 1 << 28, 1 << 30}, number, []int64{fault, 0}},
		{"fd_read", "iiii", []int{1, pieces, 2, number}, number, []int64{badFile, 0}},
		{"fd_pread", "iiiIi", []int{0, pieces, 2, 0, number}, number, []int64{badFile, 0}},
		{"fd_pwrite", "iiiIi", []int{1, pieces, 2, 0, number}, number, []int64{badFile, 0}},
		{"poll_oneoff", "iiii", []int{questions, answers, 2, number}, number, []int64{0, 2}},
		{"poll_oneoff", "iiii", []int{questions, answers, 2, number}, answers, []int64{0, 7}},
		{"poll_oneoff", "iiii", []int{questions, answers, 2, number}, answers + 40, []int64{0, 1<<16 | unsupported}},
		{"poll_oneoff", "iiii", []int{questions, answers, 0, number}, number, []int64{invalid, 0}},
		{"poll_oneoff", "iiii", []int{questions, answers, 1025, number}, number, []int64{invalid, 0}},
		{"poll_oneoff", "iiii", []int{questions, 1 << 30, 2, number}, number, []int64{fault, 0}},
		{"poll_oneoff", "iiii", []int{pieces, answers, 1, number}, number, []int64{invalid, 1}}, // of kind 3
		{"path_open", "iiiiiIIii", []int{1, 0, pieces, 1 << 30, 0, 0, 0, 0, number}, number, []int64{badFile, 0}},
		{"path_symlink", "iiiii", []int{pieces, 4, 1, pieces, 4}, number, []int64{badFile, 0}},
		{"random_get", "ii", []int{number, 0}, number, []int64{0, 0}},
	} {
		t.Run(fmt.Sprint(i, " ", c.name), func(t *testing.T) {
			r, _, err := one(t, asked(c.name, c.params, c.look, c.args...))
			if err != nil {
				t.Fatalf("%v: %s", err, r.log.String())
			}
			if got := r.calls(); !slices.Equal(got, c.want) {
				t.Errorf("%v: got %v, want %v", c.args, got, c.want)
			}
		})
	}
}
