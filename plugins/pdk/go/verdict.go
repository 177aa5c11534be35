//go:build wasip1

package driplet

import "encoding/binary"

// Verdict is what a publish hook answers. Made by Pass, Drop, Replace, Retarget
// and Both.
type Verdict struct {
	kind         byte
	data, target any
}

const (
	verdictPass = iota
	verdictDrop
	verdictReplace
	verdictRetarget
	verdictBoth
)

// Pass has the message placed as it is.
func Pass() Verdict { return Verdict{kind: verdictPass} }

// Drop has the message not placed, and its publisher does not notice. To refuse
// it return an error made by Fail.
func Drop() Verdict { return Verdict{kind: verdictDrop} }

// Replace has another message placed instead, written as an answer is.
func Replace(data any) Verdict { return Verdict{kind: verdictReplace, data: data} }

// Retarget sends the message to others than its publisher said:
// Object{"include": Object{"roles": "editor"}}; nil is everybody.
func Retarget(target any) Verdict { return Verdict{kind: verdictRetarget, target: target} }

// Both has another message placed instead, for others.
func Both(data, target any) Verdict {
	return Verdict{kind: verdictBoth, data: data, target: target}
}

func (v Verdict) appendTo(dst []byte) (_ []byte, err error) {
	dst = append(dst, v.kind)
	switch v.kind {
	case verdictReplace:
		return appendJSON(dst, v.data)
	case verdictRetarget:
		return appendJSON(dst, v.target)
	case verdictBoth:
		at := len(dst)
		if dst, err = appendJSON(append(dst, 0, 0, 0, 0), v.target); err != nil {
			return dst, err
		}
		binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
		return appendJSON(dst, v.data)
	}
	return dst, nil
}
