//go:build wasip1

package driplet

import (
	"errors"
	"strconv"
	"strings"
)

// Refusal is an error that reaches the caller as it is.
type Refusal struct {
	Code    string // one of the server's (bad_request, forbidden, not_found, …) or "<plugin>.<name>"
	Message string // says what to do
	Data    any    // more for the caller's program; may be nil
}

// Error makes a Refusal an error.
func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// Fail makes a Refusal.
func Fail(code, message string) *Refusal { return &Refusal{Code: code, Message: message} }

// Errno is why a call to the host failed.
type Errno int32

// The errnos of the ABI.
const (
	ErrNotFound    Errno = -1 // no such key, path, handle, session
	ErrDenied      Errno = -2 // the manifest does not grant it
	ErrBadArgument Errno = -3 // broken JSON, or a name or value over its limit
	ErrLimit       Errno = -4 // more than one event may ask for
	ErrQuota       Errno = -5 // the store is full
	ErrConflict    Errno = -6 // this event has a pending write of the key, or the value is no integer
	ErrUnavailable Errno = -7 // not now; at another event
	ErrNoRequest   Errno = -8 // nobody waits for an answer
	ErrNotHere     Errno = -9 // not while the plugin starts
)

var errnoTexts = [...]string{
	"", "not found", "denied: grant it under [capabilities] of the manifest", "a bad argument: broken JSON, a name that is empty or too long, or a value or number out of its range",
	"over the limit of one event", "the store is full: raise kv under [capabilities] of the manifest", "a conflict: this event writes the same key, or the value is no integer",
	"unavailable just now", "nobody waits for an answer", "not possible while the plugin starts",
}

// Error makes an Errno an error.
func (e Errno) Error() string {
	if n := -int(e); n > 0 && n < len(errnoTexts) {
		return errnoTexts[n]
	}
	return "errno " + strconv.Itoa(int(e))
}

// check names the call and its argument in an errno.
func check(errno int32, call, what string) error {
	if errno >= 0 {
		return nil
	}
	return failed(errno, call, what)
}

// failed copies what, so that those who call may keep it on their stack.
func failed(errno int32, call, what string) error {
	return &callError{call: call, what: strings.Clone(what), errno: Errno(errno)}
}

type callError struct {
	call, what string
	errno      Errno
}

func (e *callError) Error() string {
	return e.call + "(" + strconv.Quote(e.what) + "): " + e.errno.Error()
}

func (e *callError) Unwrap() error { return e.errno }

func (w *writer) refusal(err error) {
	var r *Refusal
	if !errors.As(err, &r) {
		Log.Error(err.Error())
		r = Fail("plugin_failed", "the plugin failed to handle this; the server's log says why")
	}
	w.raw(`{"code":`)
	w.text(r.Code)
	w.raw(`,"message":`)
	w.text(r.Message)
	if n := len(w.b); r.Data != nil {
		w.raw(`,"data":`)
		w.err = nil
		w.value(r.Data)
		if w.err != nil { // the refusal itself can be written
			Log.Error(w.err.Error())
			w.b = w.b[:n]
		}
	}
	w.byte('}')
}
