// Package javascript builds plugins in JavaScript and TypeScript: it bundles
// the sources by esbuild, and links the bundle with QuickJS and the adapter into
// one module that needs nothing but the plugin ABI. The same sources give the
// same bytes.
package javascript

import (
	"fmt"
	"io/fs"

	"github.com/driplet/driplet/cmd/driplet/build/link"
	"github.com/driplet/driplet/core/plugin/meter"
)

// Options is what is built.
type Options struct {
	Dir    string // the folder that imports and places in stack traces are relative to
	Entry  string // the plugin's file, relative to Dir
	Engine []byte // quickjs.wasm, as Engine gives it
	Stack  int    // the manifest's limits.stack, bytes; 0 is the server's default
	// Library holds the guest library, for plugins without a copy of their own in
	// the folder driplet, and Adapter the adapter's module.
	Library fs.FS
	Adapter []byte
}

// exports of the adapter: those of the ABI.
var exports = []string{"_initialize", "dr_abi", "dr_alloc", "dr_init", "dr_event"}

// Build returns the plugin's module, and esbuild's warnings. Errors are for the
// author, with file and line.
func Build(o Options) (wasm []byte, warnings []string, err error) {
	b, err := bundle(o)
	if err != nil {
		return nil, nil, err
	}
	used := b.natives()
	wasm, err = link.Link(link.Input{
		Engine: o.Engine, Adapter: o.Adapter,
		Data:    []link.Data{{Name: "script", Text: b.script}, {Name: "places", Text: b.places}},
		Numbers: []link.Number{{Name: "stack", Value: engineStack(o.Stack)}},
		Exports: exports, Slot: "native",
		Keep: func(module, name string) bool { return module != abiModule || used[name] },
	})
	if err != nil {
		return nil, nil, fmt.Errorf("the engine does not fit this version of driplet: %w", err)
	}
	return wasm, b.warnings, nil
}

// engineStack is what the engine may take of its own stack: it throws an error
// that a script can catch, and that has a stack trace, before the server's limit
// is met. By measurement a call in a script counts 27 times as much there.
func engineStack(limit int) int32 {
	const ratio, most = 28, 448 << 10 // the engine's whole stack is 1 MiB
	if limit == 0 {
		limit = meter.DefaultStack
	}
	return int32(min(limit/ratio, most))
}

// abiModule is the module of the server's functions.
const abiModule = "driplet_v1"
