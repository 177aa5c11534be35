package meter

import (
	"os"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin/internal/asm"
)

func TestDescribe(t *testing.T) {
	m := new(asm.Module)
	f := m.Import("driplet_v1", "now", "", "I")
	m.Memory(2, 9)
	m.Func("run", "iI", "", "", asm.Call(f), asm.Drop)
	m.Data(0, []byte("hello"))
	m.Custom("producers", []byte("\x02\x08language\x01\x04Rust\x041.63\x0cprocessed-by\x01\x05rustc\x00"))
	m.Custom(".debug_info", make([]byte, 100))
	d, err := Describe(m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d.Pages != 2 || d.MaxPages != 9 || d.Functions != 1 || d.Named != 0 || d.Debug < 100 || d.Data < 5 || d.Code < 4 || !strings.Contains(d.LargestAt, "function 1") {
		t.Errorf("%+v", d)
	}
	if len(d.Imports) != 1 || d.Imports[0] != (Extern{"driplet_v1", "now", "() -> i64"}) {
		t.Errorf("imports %+v", d.Imports)
	}
	types := ""
	for _, e := range d.Exports {
		types += e.Name + " " + e.Type + "; "
	}
	if types != "run (i32 i64) -> (); memory memory; " && types != "memory memory; run (i32 i64) -> (); " {
		t.Errorf("exports %s", types)
	}
	if d.Language() != "Rust 1.63" || strings.Join(d.Producers, "; ") != "language Rust 1.63; processed-by rustc" {
		t.Errorf("%q, %q", d.Language(), d.Producers)
	}
	if _, err := Describe([]byte("\x00asm")); err == nil {
		t.Error("no module is none")
	}
}

func FuzzDescribe(f *testing.F) {
	wasm, err := os.ReadFile("../../../plugins/analytics/analytics.wasm")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wasm)
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x00\x0b\x09producers\x01"))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		if d, _ := Describe(wasm); d == nil || d.Size != len(wasm) {
			t.Error("there is always a description")
		}
		Callers(wasm, "driplet_v1", "publish", func(name string) bool { return name == "dr_event" })
	})
}

func TestCallers(t *testing.T) {
	m := new(asm.Module)
	publish := m.Import("driplet_v1", "publish", "", "")
	m.Import("driplet_v1", "log", "", "")
	m.Memory(1, 0)
	m.Table(4, 4)
	wrapper := m.Func("", "", "", "", asm.Call(publish))
	send := m.Func("", "", "", "", asm.Call(wrapper), asm.Call(wrapper))
	other := m.Func("", "", "", "")
	kick := m.Func("", "", "", "", asm.Call(send), asm.Call(publish))
	m.Func("dr_event", "", "", "", asm.Call(other), asm.Call(kick))
	m.Elem(0, send, other)
	var names []byte
	for f, name := range []string{2: "wrapper", 3: "send", 4: "other", 5: "kick", 6: "dr_event"} {
		if name != "" {
			names = append(append(append(names, byte(f)), byte(len(name))), name...)
		}
	}
	names = append([]byte{5}, names...)
	m.Custom("name", append([]byte{1, byte(len(names))}, names...))
	entry := func(name string) bool { return name == "dr_event" }
	for name, want := range map[string]string{"publish": "kick send", "log": "", "none": ""} {
		if got := strings.Join(Callers(m.Bytes(), "driplet_v1", name, entry), " "); got != want {
			t.Errorf("%s is called by %q, want %q", name, got, want)
		}
	}
	if got := Callers([]byte("\x00asm\x01\x00\x00\x00\x0a\x05\x01"), "a", "b", entry); got != nil {
		t.Errorf("of no module: %q", got)
	}
}
