package meter

import (
	"bytes"
	"errors"
	"fmt"
)

// Section ids (core specification, 5.5).
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	secLast = secDataCount
)

var sectionNames = [...]string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count"}

// rank is the order in which sections stand; custom ones stand anywhere.
var rank = [...]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10}

// signature is a function type.
type signature struct {
	params, results []byte
	vectors         bool
}

func (s *signature) in() int  { return len(s.params) }
func (s *signature) out() int { return len(s.results) }

// module is what the rewriter knows of a module while it works.
type module struct {
	Options
	sections [secLast + 1][]byte // as they came; nil: there is none
	present  [secLast + 1]bool
	nameSec  []byte // contents of the custom section "name"

	types   []signature
	funcs   []uint32 // type of each function, imported ones first
	imports int      // how many functions are imported
	globals []byte   // value types, imported ones first
	names   map[uint32]string

	referred map[uint32]bool // functions that pointers lead to; nil: nobody asks

	newTypes []signature // appended to types
	helpers  []helper    // appended to the functions
	helperAt [helperKinds]uint32
}

// HostFunctions is how many functions are added to the imports, yield and
// overflow: by so much the index of every other function of the module grows.
const HostFunctions = 2

// shift is a function's new index.
func (m *module) shift(f uint32) uint32 {
	if int(f) >= m.imports {
		return f + HostFunctions
	}
	return f
}

// The added functions and globals.
func (m *module) yield() uint32       { return uint32(m.imports) }
func (m *module) overflow() uint32    { return uint32(m.imports) + 1 }
func (m *module) fuelGlobal() uint32  { return uint32(len(m.globals)) }
func (m *module) stackGlobal() uint32 { return uint32(len(m.globals)) + 1 }

var (
	magic     = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}
	component = []byte{0, 'a', 's', 'm', 13, 0, 1, 0}
)

// split finds the sections.
func (m *module) split(wasm []byte) error {
	if len(wasm) > MaxModule {
		return fmt.Errorf("%d bytes: at most %d are taken", len(wasm), MaxModule)
	}
	if bytes.HasPrefix(wasm, component) {
		return errors.New("it is a component, not a WebAssembly module of version 1: build a core module (Rust: for wasm32-unknown-unknown or wasm32-wasip1, not wasip2)")
	}
	if !bytes.HasPrefix(wasm, magic) {
		return errors.New("it is not a WebAssembly module of version 1")
	}
	r := &reader{b: wasm, pos: len(magic)}
	last := 0
	for r.more() && r.err == nil {
		id := r.byte()
		body := r.take(r.u32())
		if r.err != nil {
			break
		}
		if id == secCustom {
			if err := m.custom(body); err != nil {
				return err
			}
			continue
		}
		if id > secLast {
			return fmt.Errorf("section %d is unknown here%s", id, newer(featureOfSection(id)))
		}
		if rank[id] <= last {
			return fmt.Errorf("the %s section is out of order", sectionNames[id])
		}
		last = rank[id]
		m.sections[id], m.present[id] = body, true
	}
	return r.err
}

// custom keeps the name section; debugging sections would no longer fit the code.
func (m *module) custom(body []byte) error {
	r := &reader{b: body}
	name := r.name()
	if r.err != nil {
		return fmt.Errorf("custom section: %w", r.err)
	}
	if name != "name" {
		return nil
	}
	if m.nameSec != nil {
		return errors.New("two name sections")
	}
	m.nameSec = body[r.pos:]
	return nil
}

// section reads one section with f, which must use all of it.
func (m *module) section(id int, f func(r *reader)) error {
	if !m.present[id] {
		return nil
	}
	r := &reader{b: m.sections[id]}
	f(r)
	if r.err == nil && r.more() {
		r.fail("there are %d bytes too many", len(r.b)-r.pos)
	}
	if r.err != nil {
		return fmt.Errorf("%s section: %w", sectionNames[id], r.err)
	}
	return nil
}

func (m *module) readTypes(r *reader) {
	for range r.count("types", MaxTypes) {
		if b := r.byte(); b != 0x60 {
			r.fail("a type 0x%02x: only functions are known%s", b, newer(featureOfType(b)))
		}
		var s signature
		for _, list := range []*[]byte{&s.params, &s.results} {
			*list = r.take(uint32(r.count("values of a type", MaxValues)))
			for _, t := range *list {
				if !isValueType(t) {
					r.fail("a value type 0x%02x is unknown", t)
				}
				s.vectors = s.vectors || t == typeV128
			}
		}
		if r.err != nil {
			return
		}
		m.types = append(m.types, s)
	}
}

func (m *module) readFunctions(r *reader) {
	for range r.count("functions", MaxFunctions) {
		m.addFunction(r)
	}
}

func (m *module) addFunction(r *reader) {
	t := r.u32()
	if int(t) >= len(m.types) {
		r.fail("function %d has type %d, which does not exist", len(m.funcs), t)
		return
	}
	m.funcs = append(m.funcs, t)
}

// typeIndex finds or adds a type.
func (m *module) typeIndex(params, results string) uint32 {
	for i, list := range [][]signature{m.types, m.newTypes} {
		for k, s := range list {
			if string(s.params) == params && string(s.results) == results {
				return uint32(i*len(m.types) + k)
			}
		}
	}
	m.newTypes = append(m.newTypes, signature{params: []byte(params), results: []byte(results)})
	return uint32(len(m.types) + len(m.newTypes) - 1)
}
