package core

// CloseReason is the code and text of a WebSocket close frame (RFC 6455, 7.4).
type CloseReason struct {
	Code uint16
	Text string // at most 123 bytes
}

// Close codes. 1xxx are RFC 6455's, 4xxx Driplet's own (wire/PROTOCOL.md).
const (
	CloseGoingAway    uint16 = 1001 // come back, with jitter
	CloseTooLarge     uint16 = 1009
	CloseExpired      uint16 = 4001
	CloseDisconnected uint16 = 4002 // by the backend: do not come back
	CloseTooSlow      uint16 = 4003
	CloseRateLimited  uint16 = 4004
	CloseProtocol     uint16 = 4005
	CloseUnauthorized uint16 = 4006
	CloseNotFound     uint16 = 4007
	CloseOrigin       uint16 = 4008
)
