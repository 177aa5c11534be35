package plugin_test

import (
	"strings"

	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// storm is a guest that would go on for ever.
type storm struct {
	wasm    []byte
	why     string // what stops it, in the log
	extra   string // of its manifest
	answers bool   // it does not go on for ever
}

const late = "it did not end within its deadline"

// Where storms keep their large arguments, behind the pages of other guests.
const (
	stormData  = 256 << 10
	stormPages = 64 // 4 MiB
)

// endless ends a guest with a loop over code; locals 4 and 5 are its own.
func (g *guest) endless(code ...[]byte) []byte {
	g.Memory(stormPages, 0)
	g.Func("dr_abi", "", "i", "", asm.I32Const(1))
	g.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	g.Func("dr_event", "iii", "I", "Iii", asm.Loop(asm.Code(code...), asm.Br(0)), asm.Unreachable)
	return g.Bytes()
}

// again is a guest that calls one import for ever.
func again(name string, args ...any) []byte {
	g := newGuest(name)
	return g.endless(g.invoke(name, args...))
}

// invoke calls an import and drops its result.
func (g *guest) invoke(name string, args ...any) []byte {
	var code []byte
	for _, a := range args {
		code = append(code, g.push(a)...)
	}
	return asm.Code(code, asm.Call(g.funcs[name]), asm.Drop)
}

// large places a constant where there is room for it.
type large string

// renamed makes the next fresh name out of local 4.
func renamed() []byte {
	and, or, mul := []byte{0x71}, []byte{0x72}, []byte{0x6c}
	letters := func(at int32, factor uint32) []byte {
		return asm.Code(asm.I32Const(at), asm.LocalGet(4), asm.I32Const(int32(factor)), mul, asm.I32Const(0x0f0f0f0f), and, asm.I32Const(0x61616161), or, asm.Store32(0))
	}
	return asm.Code(asm.LocalGet(4), asm.I32Const(1), asm.I32Add, asm.LocalSet(4), letters(guestOut, 0x9E3779B1), letters(guestOut+4, 0x85EBCA77))
}

// storms are guests of every kind of excess.
func storms() map[string]storm {
	all := map[string]storm{
		"endless loop":       {wasm: newGuest().endless(), why: late},
		"tree of 2^60 calls": {wasm: callBomb(), why: late},
		"endless recursion":  {wasm: recursion(), why: "call depth", extra: "[limits]\ndeadline = \"10s\"\n"},
		"memory filled again and again": {wasm: newGuest().endless(asm.I32Const(192), asm.MemoryGrow, asm.Drop,
			asm.I32Const(0), asm.I32Const(1), asm.I32Const(16<<20-1), asm.MemoryFill()), why: late},
		// A trap at once, so that every event makes an instance and fills it.
		"memory filled, then a trap": {wasm: newGuest().finish(asm.I32Const(252), asm.MemoryGrow, asm.Drop,
			asm.I32Const(0), asm.I32Const(1), asm.I32Const(16<<20-1), asm.MemoryFill(), asm.Unreachable), why: "unreachable", extra: "[limits]\ndeadline = \"10s\"\n"},
		"memory grown page by page": {wasm: newGuest().endless(asm.I32Const(1), asm.MemoryGrow, asm.Drop), why: late},
		"table grown":               {wasm: tableStorm(), why: late},
		"time asked for":            {wasm: again("now"), why: late},
		"random bytes":              {wasm: again("random", stormData, plugin.MaxRandom), why: late},
		"log":                       {wasm: again("log", 1, large(strings.Repeat("x", 64<<10))), why: late},
		"metrics":                   {wasm: again("metric", text("storm"), int64(1)), why: late},
		"publishes of 64 KiB":       {wasm: again("publish", text("t"), large(jsonText(64<<10)), text(""), text("")), why: late},
		"publishes to many":         {wasm: again("publish", text("t"), text("1"), large(manyUsers()), text("")), why: late},
		"kv: values of 1 MiB":       {wasm: again("kv_set", text("k"), large(strings.Repeat("v", 1<<20)), int64(0)), why: late},
		"kv: one key":               {wasm: again("kv_set", text("k"), text("v"), int64(0)), why: late},
		"kv: scans":                 {wasm: again("kv_scan", text(""), plugin.MaxScan, 0, stormData, 2<<20), why: late},
		"fetches":                   {wasm: again("http_fetch", text(fetchOf("https://example.com/")), text("")), why: late, extra: "http = [\"https://example.com/\"]\n"},
		"deep JSON":                 {wasm: again("json_get", large(deepJSON(plugin.MaxJSON)), text(strings.Repeat("a.", 100)+"a"), out{}), why: late},
		"JSON of many keys":         {wasm: again("json_get", large("{"+strings.Repeat(`"a":1,`, plugin.MaxJSON/6-10)+`"b":2}`), text("b"), out{}), why: late},
		"configuration":             {wasm: again("config_get", text("a.b.c"), out{}), why: late},
		"huge topics":               {wasm: again("publish", large(strings.Repeat("t", 1<<20)), text("1"), text(""), text("")), why: late},
		"huge keys":                 {wasm: again("kv_get", large(strings.Repeat("k", 1<<20)), out{}), why: late},
		"bad pointers":              {wasm: again("kv_get", 0x7ffffff0, 100, out{}), why: late},
		"members of a topic":        {wasm: again("presence", text("crowd"), plugin.MaxMembers, stormData, 2<<20), why: late},
		"histories":                 {wasm: again("history", text("crowd"), plugin.MaxHistory, text(""), stormData, 2<<20), why: late},
		"audiences of 1,000":        {wasm: again("unsubscribe", large(audienceOf(1000)), text("t"), text("")), why: late},
		"deferring":                 {wasm: again("defer"), why: late},
		"WASI: random bytes":        {wasm: wasi("random_get", "ii", stormData, 40<<20), why: late},
		"WASI: reads":               {wasm: wasi("fd_read", "iiii", 0, stormData, 5<<20, guestOut), why: late},
		"WASI: writes":              {wasm: wasi("fd_write", "iiii", 1, stormData, 1000, guestOut), why: late},
		"WASI: polls":               {wasm: wasi("poll_oneoff", "iiii", stormData, 24<<20, 400_000, guestOut), why: late},
		"WASI: paths":               {wasm: wasi("path_open", "iiiiiIIii", 1, 0, stormData, 40<<20, 0, 0, 0, 0, guestOut), why: late},
		"an answer of 64 KiB of [":  {wasm: bracketAnswer(), why: "not JSON", extra: "[limits]\ndeadline = \"10s\"\n"},
	}
	for _, c := range []struct {
		name, call string
		rest       []any
	}{
		{"timers of many names", "timer_set", []any{int64(1 << 50), text("")}},
		{"kv: counters of many names", "kv_incr", []any{int64(1), int64(0), stormData}},
		{"kv: values of many names", "kv_set", []any{text("v"), int64(0)}},
	} {
		g := newGuest(c.call)
		args := append([]any{guestOut, 8}, c.rest...)
		all[c.name] = storm{wasm: g.endless(renamed(), g.invoke(c.call, args...)), why: late}
	}
	return all
}

func callBomb() []byte {
	g := newGuest()
	g.Memory(4, 0)
	f := g.Func("", "", "", "")
	for range 60 {
		f = g.Func("", "", "", "", asm.Call(f), asm.Call(f))
	}
	g.Func("dr_abi", "", "i", "", asm.I32Const(1))
	g.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	g.Func("dr_event", "iii", "I", "", asm.Call(f), asm.I64Const(0))
	return g.Bytes()
}

func tableStorm() []byte {
	g := newGuest()
	g.Table(1, 0)
	return g.endless(asm.RefNull(), asm.I32Const(1000), asm.TableGrow(), asm.Drop)
}

func bracketAnswer() []byte {
	g := newGuest()
	g.Data(stormData-64<<10, []byte(strings.Repeat("[", 64<<10)))
	return g.finish(asm.I64Const((stormData-64<<10)<<32 | 64<<10))
}

// jsonText is a JSON string of n bytes.
func jsonText(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }

// deepJSON is 100 objects in each other, n bytes of them in the innermost.
func deepJSON(n int) string {
	const depth = 101
	return strings.Repeat(`{"a":`, depth) + jsonText(n-depth*6) + strings.Repeat("}", depth)
}

// manyUsers is a target of almost 64 KiB.
func manyUsers() string {
	return `{"include":{"uid":[` + strings.Repeat("1234567,", 8000) + `1]}}`
}

func audienceOf(n int) string {
	fields := make([][]byte, n)
	for i := range fields {
		fields[i] = []byte("u12345678")
	}
	return string(plugin.AppendEnvelope(nil, fields...))
}

func fetchOf(url string) string {
	return string(plugin.AppendEnvelope(nil, nil, []byte(url)))
}

// wasi is a guest that calls a function of WASI for ever, with 40 MiB behind
// stormData to read and write.
func wasi(name, params string, args ...int) []byte {
	g := newGuest()
	f := g.Import("wasi_snapshot_preview1", name, params, "i")
	code := asm.Code(asm.I32Const(640), asm.MemoryGrow, asm.Drop)
	for i, a := range args {
		if params[i] == 'I' {
			code = append(code, asm.I64Const(int64(a))...)
		} else {
			code = append(code, asm.I32Const(int32(a))...)
		}
	}
	return g.endless(code, asm.Call(f), asm.Drop)
}
