package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/meter"
)

// module is one version of a plugin: its manifest and its compiled code in a
// runtime of its own, so that closing it leaves nothing behind.
type module struct {
	*Manifest
	runtime  wazero.Runtime
	cache    wazero.CompilationCache // nil: its compiled code is kept nowhere
	code     string                  // name of the folder where it is kept
	compiled wazero.CompiledModule
	size     int           // of the file, bytes
	memory   int64         // an instance may take, bytes
	looks    bool          // it imports json_get
	script   bool          // a JavaScript engine: its functions say nothing of what it runs
	sum      sum           // of manifest and file
	own      bool          // from the operator's folder
	loaded   time.Time     // when it was found good
	users    atomic.Int64  // bindings, and whoever compiled it
	open     *atomic.Int64 // the host's count
}

// compile checks and compiles a plugin's code, which is kept below cacheDir ("":
// nowhere). The caller releases what it gets.
func compile(ctx context.Context, m *Manifest, wasm []byte, cacheDir string, unmetered bool) (*module, error) {
	if len(wasm) > MaxModule {
		return nil, m.errorf("%s has %d bytes, the limit is %d", m.Wasm, len(wasm), MaxModule)
	}
	size, original := len(wasm), wasm
	if !unmetered {
		var err error
		if wasm, err = meter.Rewrite(wasm, meter.Options{MaxStack: m.Limits.Stack}); err != nil {
			return nil, m.errorf("%s is not a module that can be loaded: %w", m.Wasm, err)
		}
	}
	memory := MemoryLimit(m, wasm)
	// Metering moves the code: lines that debugging sections tell would be wrong.
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(memory / (64 << 10))).WithDebugInfoEnabled(false)
	code, cache, err := codeCache(cacheDir, wasm)
	if err != nil {
		return nil, m.errorf("its compiled code cannot be kept: %w", err)
	}
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	r := wazero.NewRuntimeWithConfig(ctx, config)
	mod := &module{Manifest: m, runtime: r, cache: cache, code: code, size: size, memory: memory, script: runsScript(original)}
	if err := mod.prepare(ctx, wasm, original); err != nil {
		return nil, errors.Join(err, mod.close())
	}
	mod.users.Store(1)
	return mod, nil
}

func (mod *module) prepare(ctx context.Context, wasm, original []byte) (err error) {
	if mod.compiled, err = mod.runtime.CompileModule(ctx, wasm); err != nil {
		if d, _ := meter.Describe(original); int64(d.Pages)<<16 > mod.memory {
			return mod.errorf("%s begins with a memory of %s, the limit is %s: raise memory under [limits] in %s.toml, or build it with less (its stack and static data)",
				mod.Wasm, core.FormatSize(int64(d.Pages)<<16), core.FormatSize(mod.memory), mod.Name)
		}
		return mod.errorf("%s is not a module that can be loaded: %w", mod.Wasm, err)
	}
	defs := mod.compiled.ImportedFunctions()
	if err := mod.checkImports(original); err != nil {
		return err
	}
	if err := mod.checkExports(); err != nil {
		return err
	}
	if err := instantiateMeter(ctx, mod.runtime); err != nil {
		return err
	}
	if err := instantiateImports(ctx, mod.runtime); err != nil {
		return err
	}
	if err := instantiateAbort(ctx, mod.runtime); err != nil {
		return err
	}
	mod.looks = slices.ContainsFunc(defs, func(d api.FunctionDefinition) bool {
		module, name, _ := d.Import()
		return module == abiModule && name == "json_get"
	})
	for _, d := range defs {
		if module, _, _ := d.Import(); module == wasiModule {
			return instantiateWASI(ctx, mod.runtime)
		}
	}
	return nil
}

// importsWASI tells guests that bring a runtime from those that do not: the
// name of WASI's module stands in the import section as plain text.
func importsWASI(wasm []byte) bool {
	return containsName(wasm, wasiModule)
}

// runsScript tells whether a module is a JavaScript engine.
func runsScript(wasm []byte) bool { return containsName(wasm, "JS_Call") }

// exportSpec is a function that a module must or may export.
type exportSpec struct {
	params, results string
	optional        bool
}

var exports = map[string]exportSpec{
	"dr_abi":      {"", "i", false},
	"dr_alloc":    {"i", "i", false},
	"dr_event":    {"iii", "I", false},
	"dr_init":     {"ii", "I", true},
	"_initialize": {"", "", true},
}

func (mod *module) checkExports() error {
	if len(mod.compiled.ExportedMemories()) == 0 || mod.compiled.ExportedMemories()["memory"] == nil {
		return mod.errorf("%s does not export \"memory\": it must define its memory and export it by that name (wasm-ld: without --import-memory; ABI.md, 1)", mod.Wasm)
	}
	have := mod.compiled.ExportedFunctions()
	for _, name := range []string{"dr_abi", "dr_alloc", "dr_event", "dr_init", "_initialize"} {
		spec, d := exports[name], have[name]
		if d == nil {
			if spec.optional {
				continue
			}
			return mod.errorf("%s does not export the function %q: %s (ABI.md, 1)", mod.Wasm, name, missing(have))
		}
		if string(d.ParamTypes()) != string(valueTypes(spec.params)) || string(d.ResultTypes()) != string(valueTypes(spec.results)) {
			return mod.errorf("%s exports %s as %s, but ABI.md, 1, says %s", mod.Wasm, name,
				typeText(d.ParamTypes(), d.ResultTypes()), typeText(valueTypes(spec.params), valueTypes(spec.results)))
		}
	}
	return nil
}

// asLibrary is for modules that have a _start, which is never called.
const asLibrary = "it is built as a program: build it as a library (Go: -buildmode=c-shared; Rust: crate-type cdylib; C: --no-entry)"

// missing tells an author why an export may not be there.
func missing(have map[string]api.FunctionDefinition) string {
	for _, name := range []string{"dr_abi", "dr_alloc", "dr_event"} {
		if have[name] != nil {
			return "its guest library is for another version of the server, or the linker has left it out"
		}
	}
	if have["_start"] != nil {
		return asLibrary + ", with Driplet's guest library"
	}
	return "is it built with Driplet's guest library? 'driplet plugin new' writes one with it"
}

// instantiate makes one instance; its memory is shared with no other.
func (mod *module) instantiate(ctx context.Context, out *outputs) (api.Module, error) {
	return mod.runtime.InstantiateModule(withLinearMemory(ctx), mod.compiled, wazero.NewModuleConfig().
		WithName("").WithStartFunctions().
		WithSysWalltime().WithSysNanotime().WithRandSource(chance{out.in}).
		WithStdout(out).WithStderr(out))
}

// release is told by each user of the module when it is done; the last one
// closes it.
func (mod *module) release() error {
	if mod.users.Add(-1) > 0 {
		return nil
	}
	mod.open.Add(-1)
	return mod.close()
}

// close frees the code as well, which a runtime with a shared cache would keep.
func (mod *module) close() error {
	err := mod.runtime.Close(context.Background())
	if mod.compiled != nil {
		err = errors.Join(err, mod.compiled.Close(context.Background()))
	}
	if mod.cache != nil {
		err = errors.Join(err, mod.cache.Close(context.Background()))
	}
	return err
}

// instantiateAbort offers AssemblyScript's env.abort(message, file, line, column).
func instantiateAbort(ctx context.Context, r wazero.Runtime) error {
	i32 := api.ValueTypeI32
	_, err := r.NewHostModuleBuilder("env").NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, guest api.Module, s []uint64) {
			why := ascText(guest.Memory(), uint32(s[0]))
			if uint32(s[2]) == 0 { // lines count from 1: none is known
				panic(fmt.Errorf("%s (%s)", why, instanceOf(ctx).handler()))
			}
			panic(fmt.Errorf("%s (%s:%d:%d)", why, ascText(guest.Memory(), uint32(s[1])), uint32(s[2]), uint32(s[3])))
		}), []api.ValueType{i32, i32, i32, i32}, nil).Export("abort").Instantiate(ctx)
	return err
}
