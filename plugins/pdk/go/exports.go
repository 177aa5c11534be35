//go:build wasip1

package driplet

import "unsafe"

// The buffers that the host sees: kept here, so that the collector leaves them.
var (
	inbox  []byte
	answer []byte
)

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
func drEvent(kind int32, ptr unsafe.Pointer, size uint32) uint64 {
	e := readEvent(unsafe.Slice((*byte)(ptr), size))
	var flag uint64
	reply, err := dispatch(kind, e)
	answer, flag = encodeAnswer(answer[:0], reply, err)
	if len(answer) == 0 {
		return 0
	}
	at := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(answer))))
	return at<<32 | flag | uint64(len(answer))
}

// encodeAnswer writes what a handler returned: nothing, JSON, a Verdict, or a
// refusal, which it marks by the flag.
func encodeAnswer(dst []byte, reply any, err error) ([]byte, uint64) {
	if err == nil && reply != nil {
		if v, ok := reply.(Verdict); ok {
			dst, err = v.appendTo(dst)
		} else {
			dst, err = appendJSON(dst, reply)
		}
		if err == nil {
			return dst, 0
		}
		dst = dst[:0]
	}
	if err == nil {
		return dst, 0
	}
	return appendRefusal(dst, err), refusalBit
}
