package client

import (
	"errors"
	"fmt"

	"github.com/driplet/driplet/core"
)

// Close codes of RFC 6455, 7.4.1. The last two never travel.
const (
	closedNormal   uint16 = 1000
	closedNoStatus uint16 = 1005
	closedAbnormal uint16 = 1006
)

// Closed says how a connection ended.
type Closed struct {
	Code uint16 // of the close frame; 1005: it had none, 1006: none came
	Text string // of the close frame
	Err  error  // a refusal's *core.Error; or what broke, with 1006; may be nil
}

// Error makes *Closed an error.
func (c *Closed) Error() string {
	var refusal *core.Error
	switch {
	case errors.As(c.Err, &refusal):
		return fmt.Sprintf("%s (%s, close code %d)", refusal.Message, refusal.Code, c.Code)
	case c.Text != "":
		return fmt.Sprintf("the server closed the connection: %s (close code %d)", c.Text, c.Code)
	case c.Err != nil:
		return fmt.Sprintf("the connection was lost: %v", c.Err)
	case c.Code == closedAbnormal:
		return "the connection was lost"
	}
	return fmt.Sprintf("the connection was closed (close code %d)", c.Code)
}

// Unwrap finds the *core.Error of a refusal.
func (c *Closed) Unwrap() error { return c.Err }

// ComeBack reports whether the same connection may be tried again with the
// same token (wire/PROTOCOL.md, "Close codes").
func (c *Closed) ComeBack() bool {
	switch c.Code {
	case core.CloseExpired, core.CloseDisconnected, core.CloseProtocol,
		core.CloseUnauthorized, core.CloseNotFound, core.CloseOrigin:
		return false
	}
	return true
}
