package link

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Section ids (core specification, 5.5).
const (
	secType      = 1
	secImport    = 2
	secFunction  = 3
	secTable     = 4
	secMemory    = 5
	secGlobal    = 6
	secExport    = 7
	secStart     = 8
	secElement   = 9
	secCode      = 10
	secData      = 11
	secDataCount = 12
)

const magic = "\x00asm\x01\x00\x00\x00"

// module is a module cut into its entries. Functions are numbered with the
// imported ones first.
type module struct {
	types   [][]byte
	imports []imported
	funcs   []uint64 // type of each function
	table   []byte   // the one table's limits
	memory  []byte
	globals [][]byte
	exports map[string]uint64 // functions
	elems   [][]byte
	codes   [][]byte
	data    [][]byte
}

// imported is a function that a module imports.
type imported struct{ module, name string }

// cursor reads a binary. What is broken ends it by a panic, which Link turns
// into an error: what is linked was checked by its hash, and nobody need know
// where it is broken.
type cursor struct {
	b   []byte
	pos int
}

func (c *cursor) uint() uint64 {
	v, n := binary.Uvarint(c.b[c.pos:])
	if n <= 0 {
		panic("a number is malformed")
	}
	c.pos += n
	return v
}

// skip passes by a number of any kind.
func (c *cursor) skip() {
	for c.take(1)[0] >= 0x80 {
	}
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)-c.pos) {
		panic("it ends too early")
	}
	c.pos += int(n)
	return c.b[c.pos-int(n) : c.pos]
}

func (c *cursor) name() string { return string(c.take(c.uint())) }

// since is what was read from start on.
func (c *cursor) since(start int) []byte { return c.b[start:c.pos] }

// read cuts a module into its entries.
func read(wasm []byte) (*module, error) {
	if len(wasm) < len(magic) || string(wasm[:len(magic)]) != magic {
		return nil, errors.New("it is not a WebAssembly module")
	}
	m := &module{exports: map[string]uint64{}}
	c := &cursor{b: wasm, pos: len(magic)}
	for c.pos < len(c.b) {
		id := c.take(1)[0]
		if err := m.section(id, &cursor{b: c.take(c.uint())}); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *module) section(id byte, c *cursor) error {
	switch id {
	case secStart:
		return errors.New("it has a start function")
	case secDataCount, 0:
		return nil
	}
	for n := c.uint(); n > 0; n-- {
		start := c.pos
		switch id {
		case secType:
			c.take(1)
			c.take(c.uint())
			c.take(c.uint())
			m.types = append(m.types, c.since(start))
		case secImport:
			im := imported{c.name(), c.name()}
			switch kind := c.take(1)[0]; kind {
			case 0:
				m.imports = append(m.imports, im)
				m.funcs = append(m.funcs, c.uint())
			case 2:
				c.limits()
			default:
				return fmt.Errorf("it imports %s.%s, which is neither a function nor a memory", im.module, im.name)
			}
		case secFunction:
			m.funcs = append(m.funcs, c.uint())
		case secTable:
			c.take(1)
			c.limits()
			m.table = c.since(start)
		case secMemory:
			c.limits()
			m.memory = c.since(start)
		case secGlobal:
			c.take(2)
			c.constant()
			m.globals = append(m.globals, c.since(start))
		case secExport:
			name := c.name()
			kind, index := c.take(1)[0], c.uint()
			if kind == 0 {
				m.exports[name] = index
			}
		case secElement:
			if form := c.uint(); form != 0 {
				return fmt.Errorf("it has an element segment of form %d", form)
			}
			c.constant()
			for k := c.uint(); k > 0; k-- {
				c.uint()
			}
			m.elems = append(m.elems, c.since(start))
		case secCode:
			m.codes = append(m.codes, c.take(c.uint()))
		case secData:
			if form := c.uint(); form != 0 {
				return fmt.Errorf("it has a data segment of form %d", form)
			}
			c.constant()
			c.take(c.uint())
			m.data = append(m.data, c.since(start))
		default:
			return fmt.Errorf("its section %d is unknown", id)
		}
	}
	return nil
}

func (c *cursor) limits() {
	flags := c.uint()
	c.skip()
	if flags&1 != 0 {
		c.skip()
	}
}

// constant skips a constant expression of one number.
func (c *cursor) constant() {
	op := c.take(1)[0]
	switch op {
	case 0x41, 0x42, 0x23: // i32.const, i64.const, global.get
		c.skip()
	case 0x43: // f32.const
		c.take(4)
	case 0x44: // f64.const
		c.take(8)
	default:
		panic("a constant is malformed")
	}
	if c.take(1)[0] != 0x0b {
		panic("a constant is malformed")
	}
}
