// Package wire is the dialects that clients speak: pure translation between
// bytes and the words of core. It holds no state, does no I/O and decides
// nothing; who may do a thing is node's to say.
//
// PROTOCOL.md describes the native dialects for those who write clients;
// testdata holds golden frames, shared with the SDKs.
package wire

import "github.com/driplet/driplet/core"

// Protocol is one dialect. Its values are immutable and hold no state: any
// number of goroutines may use one at the same time.
type Protocol interface {
	// Dialect numbers the dialect. Connections of equal dialects share the
	// encoding of an event.
	Dialect() uint8
	// Append writes what the dialect says of o to dst, as one frame, or as
	// nothing where it has no word for it. It keeps neither dst nor o.
	// JSON inside o (Data, Info, Raw) is written as it is: it must be valid
	// and compact.
	Append(dst []byte, o core.Outgoing) []byte
	// Decode reads one client frame. The Command owns its bytes: frame may be
	// reused. Every error is a *core.Error with core.CodeBadRequest; the
	// Command returned beside it holds nothing but the ID, as far as that
	// could be read, so that the refusal finds its request.
	Decode(frame []byte) (core.Command, error)
}

// Numbers of the dialects.
const (
	DialectV1 uint8 = iota + 1
	DialectV1Echo
	DialectV2
)

// The native dialects. V1 is the old server's wire; V1Echo is the same for
// endpoints that set EchoTarget; V2 is Driplet's own.
var (
	V1     Protocol = version1{dialect: DialectV1}
	V1Echo Protocol = version1{dialect: DialectV1Echo, echo: true}
	V2     Protocol = version2{}
)

// Names by which a client asks for version 2 in a WebSocket handshake: either
// the query v=2 with token=JWT, or the two subprotocols Subprotocol and
// BearerPrefix+JWT (RFC 6455, 1.9), of which the server selects the first.
const (
	Subprotocol  = "driplet.v2"
	BearerPrefix = "bearer."
	VersionQuery = "v"
	Version2     = "2"
)
