package client

import (
	"encoding/binary"
	"fmt"
)

// Opcodes of RFC 6455, 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
)

// maxFrame bounds what one frame or message of a server may cost: a message
// is at most a body of 1 MiB, and its envelope.
const maxFrame = 16 << 20

// piece is a frame of RFC 6455 as it came.
type piece struct {
	final   bool
	opcode  byte
	payload []byte // the input's
}

// cut reads the frame at the start of b. size is how many bytes it takes, more
// than b has where its end is missing; 0: its header is not complete. The error
// says how the server broke the protocol.
func cut(b []byte) (p piece, size int, err error) {
	if len(b) < 2 {
		return piece{}, 0, nil
	}
	p.final, p.opcode = b[0]&0x80 != 0, b[0]&0xf
	head, length := 2, uint64(b[1]&0x7f)
	switch {
	case b[0]&0x70 != 0:
		return piece{}, 0, fmt.Errorf("a frame has reserved bits (0x%02x) that nobody agreed on", b[0])
	case b[1]&0x80 != 0:
		return piece{}, 0, fmt.Errorf("the server masks its frames")
	case p.opcode >= opClose && (length > 125 || !p.final):
		return piece{}, 0, fmt.Errorf("a control frame is in fragments or over 125 bytes")
	case p.opcode > opPong || p.opcode > opBinary && p.opcode < opClose:
		return piece{}, 0, fmt.Errorf("a frame has the unknown opcode %d", p.opcode)
	case length == 126 && len(b) < 4, length == 127 && len(b) < 10:
		return piece{}, 0, nil
	case length == 126:
		head, length = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case length == 127:
		head, length = 10, binary.BigEndian.Uint64(b[2:])
	}
	if length > maxFrame {
		return piece{}, 0, fmt.Errorf("a frame of %d bytes is over the limit of %d", length, maxFrame)
	}
	size = head + int(length)
	if size <= len(b) {
		p.payload = b[head:size]
	}
	return p, size, nil
}

// closedBy reads a close frame's payload.
func closedBy(payload []byte) *Closed {
	if len(payload) < 2 {
		return &Closed{Code: closedNoStatus}
	}
	return &Closed{Code: binary.BigEndian.Uint16(payload), Text: string(payload[2:])}
}
