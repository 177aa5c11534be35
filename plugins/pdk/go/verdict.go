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

func (w *writer) verdict(v Verdict) {
	w.byte(v.kind)
	switch v.kind {
	case verdictReplace:
		w.value(v.data)
	case verdictRetarget:
		w.value(v.target)
	case verdictBoth:
		at := len(w.b)
		w.raw("\x00\x00\x00\x00")
		w.value(v.target)
		binary.LittleEndian.PutUint32(w.b[at:], uint32(len(w.b)-at-4))
		w.value(v.data)
	}
}
