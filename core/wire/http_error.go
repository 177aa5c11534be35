package wire

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/driplet/driplet/core"
)

// AppendHTTPError writes the body of a refusal over HTTP,
// {"error":{"code","message","reason"?,"retry","data"?}}.
func AppendHTTPError(dst []byte, e *core.Error) []byte {
	dst = append(dst, `{"error":`...)
	dst = appendError(dst, e, func(dst []byte, e *core.Error) []byte {
		if e.Reason != "" {
			dst = append(dst, `,"reason":`...)
			dst = core.AppendQuoted(dst, e.Reason)
		}
		dst = strconv.AppendBool(append(dst, `,"retry":`...), e.Retry)
		if len(e.Data) > 0 {
			dst = append(append(dst, `,"data":`...), e.Data...)
		}
		return dst
	})
	return append(dst, '}')
}

// appendError writes the object that frames and HTTP bodies have in common;
// rest adds what differs. A missing error is an internal one: the reader has
// to hear something.
func appendError(dst []byte, e *core.Error, rest func([]byte, *core.Error) []byte) []byte {
	if e == nil {
		e = core.AsError(nil)
	}
	dst = append(dst, `{"code":`...)
	dst = core.AppendQuoted(dst, string(e.Code))
	dst = append(dst, `,"message":`...)
	dst = core.AppendQuoted(dst, e.Message)
	dst = rest(dst, e)
	return append(dst, '}')
}

// Status is the HTTP status (RFC 9110, 15) of a code. A plugin's own code,
// "<plugin>.<name>", is 422: the request was understood, and refused for what
// it says. quota is 403, not 429: waiting does not help, and libraries repeat
// a 429 by themselves.
func Status(code core.Code) int {
	switch code {
	case core.CodeBadRequest:
		return http.StatusBadRequest
	case core.CodeUnauthorized, core.CodeExpired:
		return http.StatusUnauthorized
	case core.CodeForbidden, core.CodeQuota:
		return http.StatusForbidden
	case core.CodeNotFound, core.CodeNoHandler:
		return http.StatusNotFound
	case core.CodeConflict:
		return http.StatusConflict
	case core.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case core.CodeRateLimited:
		return http.StatusTooManyRequests
	case core.CodePluginFailed:
		return http.StatusBadGateway
	case core.CodeUnavailable:
		return http.StatusServiceUnavailable
	case core.CodeTimeout:
		return http.StatusGatewayTimeout
	}
	if strings.Contains(string(code), ".") {
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}
