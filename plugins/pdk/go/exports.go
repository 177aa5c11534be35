//go:build wasip1

package driplet

import "unsafe"

// inbox is the buffer that the host sees: kept here, so that the collector leaves it.
var inbox []byte

// refusalBit marks an answer as a refusal.
const refusalBit = 1 << 31

//go:wasmexport dr_abi
func drABI() int32 { return 1 }

//go:wasmexport dr_alloc
func drAlloc(n uint32) unsafe.Pointer {
	inbox = make([]byte, n)
	return unsafe.Pointer(unsafe.SliceData(inbox))
}

//go:wasmexport dr_event
func drEvent(kind int32, ptr unsafe.Pointer, _ uint32) uint64 {
	handling, madeUsed = true, 0
	answer, flag := out.answer(handle(kind, ptr))
	if len(answer) == 0 {
		return 0
	}
	at := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(answer))))
	return at<<32 | flag | uint64(len(answer))
}

// answer is what a handler returned: nothing, JSON, a Verdict, or a refusal,
// which it marks by the flag.
func (w *writer) answer(reply any, err error) (b []byte, flag uint64) {
	if r, ok := err.(*Refusal); ok && r == nil {
		err = nil // a variable for a refusal, which there was no need to make
	}
	if err == nil {
		switch v := reply.(type) {
		case nil:
			return nil, 0
		case *Fields:
			b, err = v.closed()
		default:
			b, err = w.encode(reply)
		}
		if err == nil {
			return b, 0
		}
	}
	w.b = w.b[:0]
	w.refusal(err)
	return w.b, refusalBit
}
