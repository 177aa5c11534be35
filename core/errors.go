package core

import (
	"errors"
	"fmt"
)

// Code classes an error for its reader. The list is shared by WebSocket frames
// and HTTP answers; a plugin adds codes of its own as "<plugin>.<name>".
type Code string

// The shared list, see wire/PROTOCOL.md.
const (
	CodeBadRequest   Code = "bad_request"
	CodeUnauthorized Code = "unauthorized"
	CodeExpired      Code = "expired"
	CodeForbidden    Code = "forbidden"
	CodeNotFound     Code = "not_found"
	CodeNoHandler    Code = "no_handler"
	CodeConflict     Code = "conflict"
	CodeTooLarge     Code = "too_large"
	CodeRateLimited  Code = "rate_limited"
	CodeQuota        Code = "quota"
	CodeTimeout      Code = "timeout"
	CodePluginFailed Code = "plugin_failed"
	CodeUnavailable  Code = "unavailable"
	CodeInternal     Code = "internal"
)

// Shared reports whether c is of the shared list, and not a plugin's own.
func (c Code) Shared() bool {
	switch c {
	case CodeBadRequest, CodeUnauthorized, CodeExpired, CodeForbidden, CodeNotFound,
		CodeNoHandler, CodeConflict, CodeTooLarge, CodeRateLimited, CodeQuota,
		CodeTimeout, CodePluginFailed, CodeUnavailable, CodeInternal:
		return true
	}
	return false
}

// Reasons refine CodeUnauthorized on HTTP: they tell a backend which of its
// inputs to mend.
const (
	ReasonSignatureMissing  = "signature_missing"
	ReasonSignatureMismatch = "signature_mismatch"
	ReasonClockSkew         = "clock_skew"
	ReasonReplayed          = "replayed"
)

// Error is the one error that reaches users. Message is a sentence that says
// what to do; it never holds a secret.
type Error struct {
	Code    Code
	Message string
	Reason  string // HTTP only, may be empty
	Retry   bool   // the same request may succeed later
	Data    []byte // JSON, a plugin's own; may be nil
}

// Error makes *Error an error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Errorf builds an Error; Retry follows from the code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Retry: retryable(code)}
}

// WithReason returns a copy of e that carries reason.
func (e *Error) WithReason(reason string) *Error {
	c := *e
	c.Reason = reason
	return &c
}

// AsError finds the Error in err's chain. What is not meant for users becomes
// CodeInternal with a text that gives nothing away: log err itself.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Errorf(CodeInternal, "the server failed to handle this; its log says why")
}

func retryable(code Code) bool {
	switch code {
	case CodeRateLimited, CodeTimeout, CodeUnavailable, CodeInternal:
		return true
	}
	return false
}
