package link

import (
	"encoding/binary"
	"fmt"
)

// What follows an opcode (core specification, 5.4): all numbers are LEB128, so
// that it is enough to know how many.
const (
	oneNumber  = "\x02\x03\x04\x0c\x0d\x20\x21\x22\x23\x24\x25\x26\x3f\x40\x41\x42\xd0\xd2\x10"
	twoNumbers = "\x11\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\x3e"
)

const (
	opBlock, opLoop, opIf = 0x02, 0x03, 0x04
	opBrTable             = 0x0e
	opCall                = 0x10
	opCallIndirect        = 0x11
	opSelectTyped         = 0x1c
	opGlobalGet           = 0x23
	opGlobalSet           = 0x24
	opF32Const            = 0x43
	opF64Const            = 0x44
	opLastNumeric         = 0xc4
	opRefFunc             = 0xd2
	opMisc                = 0xfc
)

var numbers = numbersOf()

func numbersOf() (n [256]int) {
	for i := range n {
		n[i] = -1
	}
	for i := range opLastNumeric + 1 {
		n[i] = 0
	}
	for i := 0x05; i <= 0x1b; i++ {
		n[i] = -1
	}
	for _, op := range []int{0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1} { // unreachable nop else end return drop select ref.is_null
		n[op] = 0
	}
	for _, op := range []byte(oneNumber) {
		n[op] = 1
	}
	for _, op := range []byte(twoNumbers) {
		n[op] = 2
	}
	return n
}

// moved tells where the entries of a module are in the linked one.
type moved struct {
	funcs   []uint64
	types   uint64 // added to each index
	globals uint64
}

// code rewrites a function's body.
func (m *moved) code(body []byte) (out []byte, err error) {
	c := &cursor{b: body}
	for n := c.uint(); n > 0; n-- { // locals
		c.uint()
		c.take(1)
	}
	out = append(make([]byte, 0, len(body)+len(body)/8), c.since(0)...)
	for c.pos < len(c.b) {
		start := c.pos
		op := c.take(1)[0]
		switch {
		case op == opCall || op == opRefFunc:
			out = binary.AppendUvarint(append(out, op), m.funcs[c.uint()])
			continue
		case op == opGlobalGet || op == opGlobalSet:
			out = binary.AppendUvarint(append(out, op), m.globals+c.uint())
			continue
		case op == opCallIndirect:
			out = binary.AppendUvarint(append(out, op), m.types+c.uint())
			out = binary.AppendUvarint(out, c.uint())
			continue
		case op == opBlock || op == opLoop || op == opIf:
			// A type is one byte, or, where a block takes parameters, an index.
			if b := c.uint(); b < 0x40 && m.types != 0 {
				return nil, fmt.Errorf("a block with parameters")
			}
		case op == opBrTable:
			for n := c.uint() + 1; n > 0; n-- {
				c.uint()
			}
		case op == opSelectTyped:
			c.take(c.uint())
		case op == opF32Const:
			c.take(4)
		case op == opF64Const:
			c.take(8)
		case op == opMisc:
			switch sub := c.uint(); {
			case sub <= 7: // saturating conversions
			case sub == 10: // memory.copy
				c.take(2)
			case sub == 11: // memory.fill
				c.take(1)
			default:
				return nil, fmt.Errorf("opcode 0xfc 0x%02x is unknown to the linker", sub)
			}
		case numbers[op] >= 0:
			for range numbers[op] {
				c.skip()
			}
		default:
			return nil, fmt.Errorf("opcode 0x%02x is unknown to the linker", op)
		}
		out = append(out, c.since(start)...)
	}
	return out, nil
}
