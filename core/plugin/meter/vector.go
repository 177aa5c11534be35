package meter

// vectorEffect is an instruction after opVector: its operands and how many
// bytes follow, besides an alignment and an offset.
type vectorEffect struct {
	effect
	bytes uint8
}

// vectors holds the instructions of the 128-bit extension (core specification
// 2.0, 5.4.8); the opcodes from 0x80 on are followed by a byte 0x01.
var vectors = vectorEffects()

func vectorEffects() (t [256]vectorEffect) {
	set := func(e vectorEffect, ops ...int) {
		e.known = true
		for _, op := range ops {
			t[op] = e
		}
	}
	span := func(e vectorEffect, from, to int) {
		for op := from; op <= to; op++ {
			set(e, op)
		}
	}
	unary := vectorEffect{effect: effect{pops: 1, pushes: 1}}
	binary := vectorEffect{effect: effect{pops: 2, pushes: 1}}
	load := vectorEffect{effect: effect{pops: 1, pushes: 1, memory: true}}

	span(load, 0x00, 0x0a)
	set(vectorEffect{effect: effect{pops: 2, memory: true}}, 0x0b)         // v128.store
	set(vectorEffect{effect: effect{pushes: 1}, bytes: 16}, 0x0c)          // v128.const
	set(vectorEffect{effect: effect{pops: 2, pushes: 1}, bytes: 16}, 0x0d) // shuffle
	set(binary, 0x0e)                                                      // swizzle
	span(unary, 0x0f, 0x14)                                                // splats
	extract := vectorEffect{effect: effect{pops: 1, pushes: 1}, bytes: 1}
	replace := vectorEffect{effect: effect{pops: 2, pushes: 1}, bytes: 1}
	set(extract, 0x15, 0x16, 0x18, 0x19, 0x1b, 0x1d, 0x1f, 0x21)
	set(replace, 0x17, 0x1a, 0x1c, 0x1e, 0x20, 0x22)
	span(binary, 0x23, 0x4c)                                                                   // comparisons
	set(unary, 0x4d)                                                                           // not
	span(binary, 0x4e, 0x51)                                                                   // and andnot or xor
	set(vectorEffect{effect: effect{pops: 3, pushes: 1}}, 0x52)                                // bitselect
	set(unary, 0x53)                                                                           // any_true
	span(vectorEffect{effect: effect{pops: 2, pushes: 1, memory: true}, bytes: 1}, 0x54, 0x57) // load_lane
	span(vectorEffect{effect: effect{pops: 2, memory: true}, bytes: 1}, 0x58, 0x5b)            // store_lane
	span(load, 0x5c, 0x5d)                                                                     // load_zero
	span(unary, 0x5e, 0x5f)                                                                    // demote, promote

	// i8x16, and f32x4 and f64x2 rounding in its gaps.
	span(unary, 0x60, 0x64)
	span(binary, 0x65, 0x66)
	span(unary, 0x67, 0x6a)
	span(binary, 0x6b, 0x73)
	span(unary, 0x74, 0x75)
	span(binary, 0x76, 0x79)
	set(unary, 0x7a)
	set(binary, 0x7b)
	span(unary, 0x7c, 0x7f)
	// i16x8.
	span(unary, 0x80, 0x81)
	set(binary, 0x82)
	span(unary, 0x83, 0x84)
	span(binary, 0x85, 0x86)
	span(unary, 0x87, 0x8a)
	span(binary, 0x8b, 0x93)
	set(unary, 0x94)
	span(binary, 0x95, 0x99)
	span(binary, 0x9b, 0x9f)
	// i32x4.
	set(unary, 0xa0, 0xa1, 0xa3, 0xa4)
	span(unary, 0xa7, 0xaa)
	span(binary, 0xab, 0xae)
	set(binary, 0xb1, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba)
	span(binary, 0xbc, 0xbf)
	// i64x2.
	set(unary, 0xc0, 0xc1, 0xc3, 0xc4)
	span(unary, 0xc7, 0xca)
	span(binary, 0xcb, 0xce)
	set(binary, 0xd1, 0xd5)
	span(binary, 0xd6, 0xdf)
	// f32x4, f64x2, conversions.
	set(unary, 0xe0, 0xe1, 0xe3)
	span(binary, 0xe4, 0xeb)
	set(unary, 0xec, 0xed, 0xef)
	span(binary, 0xf0, 0xf7)
	span(unary, 0xf8, 0xff)
	return t
}
