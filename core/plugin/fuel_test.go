package plugin_test

import (
	"testing"

	"github.com/driplet/driplet/core/plugin/internal/asm"
)

func TestTracesTellFuel(t *testing.T) {
	r := mustLoad(t, map[string]plug{"p": {granting("p"), newGuest().finish(
		asm.Loop(asm.LocalGet(4), asm.I32Const(1), asm.I32Add, asm.LocalTee(4), asm.I32Const(1_000_000), asm.I32LtU, asm.BrIf(0)),
		asm.I64Const(0))}})
	for range 3 {
		if _, err := r.Decide(t.Context(), message("p.x", "1")); err != nil {
			t.Fatal(err)
		}
		if n := r.lastTrace().Fuel; n < 7_000_000 || n > 8_000_100 { // the last turn's way out is paid at each
			t.Errorf("a million turns of 7 instructions took %d", n)
		}
	}
}
