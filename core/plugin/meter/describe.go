package meter

import (
	"fmt"
	"strings"
)

// Description is what a module's sections say of it, as it came.
type Description struct {
	Size      int // bytes of the file
	Code      int // of these, the functions
	Data      int // and the data segments
	Debug     int // and debugging sections, which loading leaves out
	Functions int // defined here
	Named     int // of these with a name in the name section
	Largest   int // bytes of the largest
	LargestAt string
	Pages     uint32 // of memory at first, 64 KiB each
	MaxPages  uint32 // as declared; 0: nothing is
	Imports   []Extern
	Exports   []Extern
	Producers []string // "language Rust 1.63", as the custom section "producers" has it
	Names     []string // of functions, the first ones, for guesses about the language
}

// Extern is an import or an export.
type Extern struct {
	Module string `json:"module,omitempty"` // of an import
	Name   string `json:"name"`
	Type   string `json:"type"` // "(i32 i64) -> i32", "memory", "table", "global"
}

// maxNames bounds Description.Names.
const maxNames = 5000

// Describe reads a module's sections. It checks little: with an error comes
// what was read before it.
func Describe(wasm []byte) (*Description, error) {
	m := &module{Options: Options{MaxTable: 1 << 31}.withDefaults()}
	d := &Description{Size: len(wasm)}
	if err := m.split(wasm); err != nil {
		return d, err
	}
	d.Code, d.Data = len(m.sections[secCode]), len(m.sections[secData])
	d.custom(wasm)
	largest := 0
	for _, step := range []struct {
		id int
		f  func(r *reader)
	}{
		{secType, m.readTypes},
		{secImport, m.readImports},
		{secFunction, m.readFunctions},
		{secMemory, func(r *reader) {
			if r.count("memories", 1) > 0 {
				d.Pages, d.MaxPages, _ = limits(r)
			}
		}},
		{secCode, func(r *reader) { largest = d.bodies(m, r) }},
	} {
		if err := m.section(step.id, step.f); err != nil {
			return d, err
		}
	}
	d.Functions = len(m.funcs) - m.imports
	if err := m.section(secImport, func(r *reader) { d.imports(m, r) }); err != nil {
		return d, err
	}
	if err := m.section(secExport, func(r *reader) { d.exports(m, r) }); err != nil {
		return d, err
	}
	if err := m.readNames(); err != nil {
		return d, err
	}
	for f := m.imports; f < len(m.funcs); f++ {
		if name, ok := m.names[uint32(f)]; ok {
			d.Named++
			if len(d.Names) < maxNames {
				d.Names = append(d.Names, name)
			}
		}
	}
	if d.Largest > 0 {
		d.LargestAt = m.called(largest)
	}
	return d, nil
}

// bodies looks for the largest function, and returns which it is.
func (d *Description) bodies(m *module, r *reader) (largest int) {
	for i := range r.count("functions", MaxFunctions) {
		if n := len(r.take(r.u32())); n > d.Largest {
			d.Largest, largest = n, m.imports+i
		}
	}
	return largest
}

func (d *Description) imports(m *module, r *reader) {
	for range r.count("imports", MaxImports) {
		e := Extern{Module: r.name(), Name: r.name()}
		switch kind := r.byte(); kind {
		case 0:
			e.Type = m.typeText(r.u32())
		case 1:
			e.Type = "table"
			r.byte()
			limits(r)
		case 2:
			e.Type = "memory"
			limits(r)
		default:
			e.Type = "global"
			r.byte()
			r.byte()
		}
		if r.err != nil {
			return
		}
		d.Imports = append(d.Imports, e)
	}
}

func (d *Description) exports(m *module, r *reader) {
	for range r.count("exports", MaxExports) {
		e := Extern{Name: r.name()}
		kind, index := r.byte(), r.u32()
		if r.err != nil {
			return
		}
		switch kind {
		case 0:
			if int(index) >= len(m.funcs) {
				r.fail("function %d does not exist", index)
				return
			}
			e.Type = m.typeText(m.funcs[index])
		case 1:
			e.Type = "table"
		case 2:
			e.Type = "memory"
		default:
			e.Type = "global"
		}
		d.Exports = append(d.Exports, e)
	}
}

// typeText writes a function's type as ABI.md does.
func (m *module) typeText(index uint32) string {
	if int(index) >= len(m.types) {
		return "?"
	}
	words := func(list []byte) string {
		names := make([]string, len(list))
		for i, t := range list {
			if names[i] = map[byte]string{typeI32: "i32", typeI64: "i64", typeF32: "f32", typeF64: "f64", typeV128: "v128", typeFunc: "funcref", typeExt: "externref"}[t]; names[i] == "" {
				names[i] = fmt.Sprintf("0x%02x", t)
			}
		}
		return strings.Join(names, " ")
	}
	s := &m.types[index]
	if len(s.results) == 1 {
		return "(" + words(s.params) + ") -> " + words(s.results)
	}
	return "(" + words(s.params) + ") -> (" + words(s.results) + ")"
}

// custom reads who made the module, and how much of it is for debuggers.
func (d *Description) custom(wasm []byte) {
	r := &reader{b: wasm, pos: len(magic)}
	for r.more() && r.err == nil {
		id := r.byte()
		body := r.take(r.u32())
		if r.err != nil || id != secCustom {
			continue
		}
		c := &reader{b: body}
		switch name := c.name(); {
		case name == "producers":
			d.producers(c)
		case strings.HasPrefix(name, ".debug") || name == "sourceMappingURL":
			d.Debug += len(body)
		}
	}
}

// producers reads the tool conventions' section of that name
// (https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md).
func (d *Description) producers(r *reader) {
	for range r.count("fields", 100) {
		field := r.name()
		for range r.count("values", 100) {
			parts := []string{field, r.name(), r.name()}
			if r.err != nil {
				return
			}
			d.Producers = append(d.Producers, strings.TrimSpace(strings.Join(parts, " ")))
		}
	}
}

// tongues are prefixes of functions' names that give a language away.
var tongues = [...]struct {
	language string
	prefixes []string
}{
	{"AssemblyScript", []string{"~lib/"}},
	{"JavaScript (QuickJS)", []string{"JS_", "js_"}},
	{"Go", []string{"runtime.", "internal/"}},
	{"Rust", []string{"core::", "alloc::", "_ZN4core", "_RN"}},
	{"C", []string{"dr_"}}, // Driplet's own library for it
}

// Language guesses what the module was written in: "" where nothing tells.
func (d *Description) Language() string {
	// Engines written in C bring programs of other languages: names tell more.
	best, most := "", 2
	for _, t := range tongues {
		n := 0
		for _, name := range d.Names {
			for _, p := range t.prefixes {
				if strings.HasPrefix(name, p) {
					n++
				}
			}
		}
		if n > most {
			best, most = t.language, n
		}
	}
	for _, p := range d.Producers {
		if name, ok := strings.CutPrefix(p, "language "); ok && (best == "" || strings.HasPrefix(name, best)) {
			return name
		}
	}
	return best
}
