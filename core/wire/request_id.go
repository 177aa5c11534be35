package wire

import (
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

// Bounds of a request's id: the server keeps it while the request is open and
// repeats it in the answer.
const (
	maxIDBytes  = 64 // of a string, its escapes decoded
	maxIDDigits = 20 // of a number: any unsigned integer of 64 bits
)

// requestID checks the field id and keeps its source text; absent is "".
// An id that is given twice, or is not UTF-8, cannot be echoed: it is "" too,
// and the fault is reported elsewhere.
func (v value) requestID() (core.RequestID, error) {
	if v.raw == nil || v.twice || !utf8.Valid(v.raw) {
		return "", nil
	}
	switch c := v.raw[0]; {
	case c == '"':
		n := len(core.UnquoteJSON(v.raw[1 : len(v.raw)-1]))
		if n == 0 || n > maxIDBytes {
			return "", core.Errorf(core.CodeBadRequest, "id is a string of %d bytes: give it 1 to %d", n, maxIDBytes)
		}
		return core.RequestID(v.raw), nil
	case c >= '1' && c <= '9' && allDigits(v.raw):
		if len(v.raw) > maxIDDigits {
			return "", core.Errorf(core.CodeBadRequest, "id has %d digits, the limit is %d: send a string", len(v.raw), maxIDDigits)
		}
		return core.RequestID(v.raw), nil
	case c == '-' || c >= '0' && c <= '9':
		return "", core.Errorf(core.CodeBadRequest, "id is %.20s: a number must be a positive integer, written in digits", v.raw)
	}
	return "", core.Errorf(core.CodeBadRequest, "id must be a positive integer or a string, not %s", v.kind())
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
