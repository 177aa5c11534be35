package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/meter"
)

// capability is what a manifest must grant before a module may import a call.
type capability uint8

const (
	needsNothing capability = iota
	needsPublish
	needsSubscribe
	needsPresence
	needsHistory
	needsMembership // subscribe or presence
	needsKV
	needsHTTP
)

// advice tells an operator which line grants it.
func (c capability) advice() (key, line string) {
	switch c {
	case needsPublish:
		return "publish", `publish = ["…"]`
	case needsSubscribe:
		return "subscribe", `subscribe = ["…"]`
	case needsPresence, needsMembership:
		return "presence", `presence = ["…"]`
	case needsHistory:
		return "history", `history = ["…"]`
	case needsKV:
		return "kv", `kv = "8 MiB"`
	default:
		return "http", `http = ["https://…"]`
	}
}

func (g *Grants) has(c capability) bool {
	switch c {
	case needsPublish:
		return len(g.Publish) > 0
	case needsSubscribe:
		return len(g.Subscribe) > 0
	case needsPresence:
		return len(g.Presence) > 0
	case needsHistory:
		return len(g.History) > 0
	case needsMembership:
		return len(g.Presence) > 0 || len(g.Subscribe) > 0
	case needsKV:
		return g.KV > 0
	case needsHTTP:
		return len(g.HTTP)+len(g.HTTPConfig) > 0
	}
	return true
}

// allow reports whether a pattern of that capability matches the topic.
func (g *Grants) allow(c capability, topic string, claims *core.Claims) bool {
	switch c {
	case needsPublish:
		return core.MatchAny(g.Publish, topic, claims)
	case needsSubscribe:
		return core.MatchAny(g.Subscribe, topic, claims)
	case needsPresence:
		return core.MatchAny(g.Presence, topic, claims)
	case needsHistory:
		return core.MatchAny(g.History, topic, claims)
	case needsMembership:
		return core.MatchAny(g.Subscribe, topic, claims) || core.MatchAny(g.Presence, topic, claims)
	}
	return false
}

// importSpec is one import of the ABI. Params and result are written as wasm
// types: i is i32, I is i64. cost is what a call takes of the budget after
// which the clock is looked at, about a unit per 100 ns; bytes cost besides.
type importSpec struct {
	name   string
	params string
	result byte
	needs  capability
	cost   int
	early  bool // also during _initialize and dr_init
	call   func(in *instance, s []uint64) (int64, error)
}

// imports is the whole of module driplet_v1 (ABI.md, 4).
var imports = [...]importSpec{
	{"publish", "iiiiiiii", 'i', needsPublish, 20, false, (*instance).publish},
	{"reply", "Iii", 'i', needsNothing, 10, false, (*instance).reply},
	{"defer", "", 'I', needsNothing, 20, false, (*instance).deferAnswer},
	{"subscribe", "iiiiii", 'i', needsSubscribe, 10, false, (*instance).subscribe},
	{"unsubscribe", "iiiiii", 'i', needsSubscribe, 10, false, (*instance).unsubscribe},
	{"subscribed", "iiii", 'i', needsMembership, 10, false, (*instance).subscribed},
	{"disconnect", "iiii", 'i', needsSubscribe, 10, false, (*instance).disconnect},
	{"presence", "iiiii", 'i', needsPresence, 100, false, (*instance).presence},
	{"history", "iiiiiii", 'i', needsHistory, 100, false, (*instance).history},
	{"kv_get", "iiii", 'i', needsKV, 20, false, (*instance).kvGet},
	{"kv_set", "iiiiI", 'i', needsKV, 10, false, (*instance).kvSet},
	{"kv_delete", "ii", 'i', needsKV, 10, false, (*instance).kvDelete},
	{"kv_cas", "iiiiiiI", 'i', needsKV, 100, false, (*instance).kvCAS},
	{"kv_incr", "iiIIi", 'i', needsKV, 100, false, (*instance).kvIncr},
	{"kv_scan", "iiiiii", 'i', needsKV, 200, false, (*instance).kvScan},
	{"kv_scan_after", "iiiiiiii", 'i', needsKV, 200, false, (*instance).kvScanAfter},
	{"http_fetch", "iiii", 'i', needsHTTP, 50, false, (*instance).httpFetch},
	{"timer_set", "iiIii", 'i', needsNothing, 20, false, (*instance).timerSet},
	{"log", "iii", 'i', needsNothing, 20, true, (*instance).log},
	{"metric", "iiI", 'i', needsNothing, 10, true, (*instance).metric},
	{"config_get", "iiii", 'i', needsNothing, 5, true, (*instance).configGet},
	{"json_get", "iiiiii", 'i', needsNothing, 5, true, (*instance).jsonGet},
	{"now", "", 'I', needsNothing, 1, true, (*instance).now},
	{"random", "ii", 'i', needsNothing, 5, true, (*instance).random},
}

func importNamed(name string) *importSpec {
	for i := range imports {
		if imports[i].name == name {
			return &imports[i]
		}
	}
	return nil
}

func importNames() []string {
	names := make([]string, len(imports))
	for i := range imports {
		names[i] = imports[i].name
	}
	return names
}

func valueTypes(types string) []api.ValueType {
	out := make([]api.ValueType, len(types))
	for i, c := range types {
		out[i] = api.ValueTypeI32
		if c == 'I' {
			out[i] = api.ValueTypeI64
		}
	}
	return out
}

// instantiateImports offers the table to the guests of a runtime.
func instantiateImports(ctx context.Context, r wazero.Runtime) error {
	b := r.NewHostModuleBuilder(abiModule)
	for i := range imports {
		spec := &imports[i]
		b.NewFunctionBuilder().WithName(spec.name).
			WithGoModuleFunction(spec.function(), valueTypes(spec.params), valueTypes(string(spec.result))).Export(spec.name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// function is the import as wazero calls it: charge, check, call, and the
// result or errno on the stack. A host error that is no Errno stops the guest.
func (spec *importSpec) function() api.GoModuleFunc {
	narrow := spec.result == 'i'
	return func(ctx context.Context, guest api.Module, s []uint64) {
		in := instanceOf(ctx)
		in.charge(spec.cost)
		var result int64
		var err error = ErrnoNotHere
		switch {
		case in.ready:
			result, err = spec.call(in, s)
		case spec.early:
			in.mem = guest.Memory() // a start function runs before anybody else knows it
			result, err = spec.call(in, s)
		}
		if err != nil {
			errno, ok := err.(Errno)
			if !ok {
				panic(err)
			}
			result = int64(errno)
		}
		if narrow {
			s[0] = uint64(uint32(int32(result)))
		} else {
			s[0] = uint64(result)
		}
	}
}

// maxFaults is how many imports an error tells of: a module that was built for
// somewhere else has hundreds that are wrong.
const maxFaults = 8

// checkImports refuses a module that asks for what is not there or not granted,
// with all that is to be done about it. wasm is the module as it came.
func (m *Manifest) checkImports(wasm []byte) error {
	d, err := meter.Describe(wasm)
	if err != nil {
		return m.errorf("%s is not a module that can be loaded: %w", m.Wasm, err)
	}
	var faults []string
	lacks := map[string]bool{} // one line grants all that need it
	for _, a := range Ask(wasm, d.Imports, m) {
		if a.Fault != "" && !lacks[a.Needs] {
			faults = append(faults, a.Fault)
			lacks[a.Needs] = a.Needs != ""
		}
	}
	if more := len(faults) - maxFaults; more > 0 {
		faults = append(faults[:maxFaults], fmt.Sprintf("and so with %d more", more))
	}
	if len(faults) > 0 {
		return m.errorf("%s", strings.Join(faults, "; "))
	}
	return nil
}

// strangers are modules that guests built for somewhere else import.
var strangers = map[string]string{
	"env":                      "a function is declared and nowhere defined: link what defines it, or remove the call",
	"go":                       "it is built for browsers: build it with GOOS=wasip1 GOARCH=wasm -buildmode=c-shared",
	"gojs":                     "it is built for browsers: build it with GOOS=wasip1 GOARCH=wasm -buildmode=c-shared",
	"wbg":                      "it is built with wasm-bindgen, for browsers: use Driplet's guest library instead",
	"__wbindgen_placeholder__": "it is built with wasm-bindgen, for browsers: use Driplet's guest library instead",
	"wasi_unstable":            "it is built with an old WASI: build it for wasi_snapshot_preview1",
	"extism:host/env":          "it is written for Extism: use Driplet's guest library instead",
}

// besides are what AssemblyScript imports of its own accord, for what an author
// has written, and what to write instead.
var besides = map[string]string{
	"console.log": "write log.info(text)", "console.info": "write log.info(text)", "console.warn": "write log.warn(text)", "console.error": "write log.error(text)",
	"console.debug": "write log.debug(text)", "trace": "write log.debug(text)", "Date.now": "write now()", "performance.now": "write now()",
	"seed": "in place of Math.random() write random(n), which gives n bytes", "process.exit": "return fail(code, message)",
}

// abortType is AssemblyScript's abort(message, file, line, column).
const abortType = "(i32 i32 i32 i32) -> ()"

// checkImport refuses a function that no server has, of a type as typeText
// writes it.
func checkImport(module, name, typ string) error {
	switch {
	case typ == "memory":
		return fmt.Errorf("imports its memory (%s.%s): it must define and export it", module, name)
	case !strings.HasPrefix(typ, "("):
		return fmt.Errorf("imports the %s %s.%s: a server offers functions alone, define it in the module", typ, module, name)
	case module == wasiModule:
		return nil
	case module == "env" && name == "abort" && typ == abortType:
		return nil
	case module == "env" && name == "abort":
		return fmt.Errorf("imports env.abort as %s, but AssemblyScript's is %s: link what defines it, or remove the call", typ, abortType)
	case module == "env" && besides[name] != "":
		return fmt.Errorf("imports env.%s, which this server does not have: %s, of the guest library", name, besides[name])
	case strings.HasPrefix(module, "driplet_v") && module != abiModule:
		return fmt.Errorf("imports %s.%s: it is built for %s, this server speaks %s: rebuild it with this server's guest library", module, name, module, abiModule)
	case module != abiModule:
		why, known := strangers[module]
		if !known {
			why = "link what defines it, or remove the call"
		}
		return fmt.Errorf("imports %s.%s, which this server does not have: %s", module, name, why)
	}
	spec := importNamed(name)
	if spec == nil {
		meant := ""
		if near := nearest(name, importNames()); near != "" {
			meant = fmt.Sprintf(" or is it meant to be %q?", near)
		}
		return fmt.Errorf("imports %s.%s, which this server does not know: is the guest library newer than the server?%s (its names are in ABI.md, 4)", module, name, meant)
	}
	if own := typeText(valueTypes(spec.params), valueTypes(string(spec.result))); typ != own {
		return fmt.Errorf("imports %s as %s, but ABI.md says %s: is the guest library for %s?", name, typ, own, abiModule)
	}
	return nil
}

// checkGrant refuses an import whose capability the manifest does not grant.
func (m *Manifest) checkGrant(spec *importSpec) error {
	if m.Grants.has(spec.needs) {
		return nil
	}
	return &ungranted{m.Name, spec, nil}
}

// ungranted: a module imports what its manifest does not grant.
type ungranted struct {
	plugin   string
	spec     *importSpec
	handlers []string // that come to it, where they can be known
}

// Error tells the operator which line grants it, and the author what calls it.
func (e *ungranted) Error() string {
	key, line := e.spec.needs.advice()
	text := fmt.Sprintf("imports %s, but %s.toml grants no %q: add %s under [capabilities], or remove the call", e.spec.name, e.plugin, key, line)
	if len(e.handlers) > 0 {
		text += " (in " + strings.Join(e.handlers, ", ") + ")"
	}
	return text
}

// find looks for the handlers in the module as it came.
func (e *ungranted) find(wasm []byte) {
	if runsScript(wasm) {
		return // its handlers are no functions of the module
	}
	names := meter.Callers(wasm, abiModule, e.spec.name, entrances.MatchString)
	for i, name := range names {
		names[i] = demangled(name)
	}
	// A runtime's own functions, and the guest library's, may be called by
	// pointers too: the author's bear a sign in some languages.
	for _, sign := range []string{"main.", "plugin::", "start:"} {
		own := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasPrefix(name, sign) })
		if len(own) > 0 {
			names = own
			break
		}
	}
	if len(names) <= traceFrames {
		e.handlers = names
	}
}

// typeText is a function's type as ABI.md writes it.
func typeText(params, results []api.ValueType) string {
	names := func(list []api.ValueType) string {
		texts := make([]string, len(list))
		for i, t := range list {
			texts[i] = api.ValueTypeName(t)
		}
		return strings.Join(texts, " ")
	}
	if len(results) == 1 {
		return "(" + names(params) + ") -> " + names(results)
	}
	return "(" + names(params) + ") -> (" + names(results) + ")"
}

// errorf is an error about this plugin, for its operator.
func (m *Manifest) errorf(format string, args ...any) error {
	return fmt.Errorf("%s %s: %w", m.Name, m.Version, fmt.Errorf(format, args...))
}
