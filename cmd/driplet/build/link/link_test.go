package link_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/driplet/driplet/cmd/driplet/build/link"
	"github.com/driplet/driplet/plugins"
)

const engineFile = "../../../../plugins/node_modules/quickjs-wasi/quickjs.wasm"

// whole is what a plugin in JavaScript is linked of.
func whole(t *testing.T) link.Input {
	t.Helper()
	engine, err := os.ReadFile(engineFile)
	if err != nil {
		t.Fatalf("%v\nIf it is missing, run `make tools`.", err)
	}
	_, adapter := plugins.JavaScript()
	return link.Input{
		Engine: engine, Adapter: adapter, Slot: "native", Exports: []string{"dr_abi", "dr_event"},
		Data:    []link.Data{{Name: "script", Text: []byte("(function(){})")}, {Name: "places", Text: []byte("\n")}},
		Numbers: []link.Number{{Name: "stack", Value: 1 << 16}},
	}
}

func TestLink(t *testing.T) {
	in := whole(t)
	before := bytes.Clone(in.Engine)
	out, err := link.Link(in)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := link.Link(in); err != nil || !bytes.Equal(out, again) || !bytes.Equal(in.Engine, before) {
		t.Errorf("the same input gives other bytes, or was changed: %v", err)
	}
	for _, name := range []string{"kv_get", "fd_write", "dr_event", "(function(){})"} {
		if !bytes.Contains(out, []byte(name)) {
			t.Errorf("%s is missing", name)
		}
	}
	in.Keep = func(_, name string) bool { return name != "kv_get" }
	if out, err = link.Link(in); err != nil || bytes.Contains(out, []byte("kv_get")) {
		t.Errorf("%v, or an import was kept", err)
	}
}

func TestLinkRefuses(t *testing.T) {
	for want, change := range map[string]func(in *link.Input){
		"the engine: it is not a WebAssembly module":                        func(in *link.Input) { in.Engine = []byte("MZ") },
		"a module is broken: it ends too early":                             func(in *link.Input) { in.Engine = in.Engine[:len(in.Engine)/2] },
		"the adapter: it has a memory, a table or data of its own":          func(in *link.Input) { in.Adapter = in.Engine },
		"the engine imports env.host_":                                      func(in *link.Input) { in.Adapter = []byte("\x00asm\x01\x00\x00\x00") },
		"the adapter does not export no_such":                               func(in *link.Input) { in.Exports = []string{"no_such"} },
		"the adapter does not export nowhere":                               func(in *link.Input) { in.Slot = "nowhere" },
		"the adapter imports link.places_size, which there is not":          func(in *link.Input) { in.Data = in.Data[:1] },
		"the adapter imports JS_FreeCString, which the engine does not exp": func(in *link.Input) { in.Engine = withoutExport(in.Engine, "JS_FreeCString") },
	} {
		in := whole(t)
		change(&in)
		if _, err := link.Link(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// withoutExport renames an export.
func withoutExport(wasm []byte, name string) []byte {
	return bytes.Replace(wasm, append([]byte{byte(len(name))}, name...), append([]byte{byte(len(name))}, strings.ToUpper(name)...), 1)
}

// FuzzLink: whatever stands in for the engine or the adapter, there is an error
// or a module, and no panic.
func FuzzLink(f *testing.F) {
	_, adapter := plugins.JavaScript()
	least := []byte("\x00asm\x01\x00\x00\x00")
	f.Add(adapter, adapter)
	f.Add(least, adapter)
	f.Add(append(bytes.Clone(least), 4, 4, 1, 0x70, 0, 1, 5, 3, 1, 0, 1), least)
	f.Add(append(bytes.Clone(least), 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0b), append(bytes.Clone(least), 0, 3, 1, 'x', 0))
	f.Fuzz(func(_ *testing.T, engine, adapter []byte) {
		link.Link(link.Input{Engine: engine, Adapter: adapter, Slot: "native"})
	})
}
