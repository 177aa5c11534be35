package node

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/engine"
)

// signed is what a signature proves: who sent the request, and once when.
type signed struct {
	credential string
	nonce      string // "" until it is read from the body (version 1)
	at         time.Time
}

func (n *Node) verify(ep *core.Endpoint, r auth.Request) (p signed, err error) {
	if !auth.IsRequestSignature(r.Signature) {
		p.credential, err = auth.VerifyBody(ep.Name, ep.APIKeys, r.Signature, r.Body)
		return p, err
	}
	return n.verifyRequest(ep, r)
}

// verifyRequest checks a request that is signed as a whole.
func (n *Node) verifyRequest(ep *core.Endpoint, r auth.Request) (signed, error) {
	credential, unix, err := auth.VerifyRequest(ep.Name, ep.APIKeys, r, n.Now())
	return signed{credential, r.Nonce, time.Unix(unix, 0)}, err
}

// readBody takes nonce and timestamp from a version 1 body.
func (p *signed) readBody(m *messageBody, now time.Time) error {
	if m.nonce == nil || *m.nonce == "" || len(*m.nonce) > auth.MaxNonceBytes {
		return core.Errorf(core.CodeBadRequest, "nonce is missing, empty or over %d bytes: send a new random text with every request", auth.MaxNonceBytes)
	}
	if len(m.timestamp) == 0 || string(m.timestamp) == "null" {
		return core.Errorf(core.CodeBadRequest, "timestamp is missing: send the seconds since 1970")
	}
	unix, err := strconv.ParseInt(string(m.timestamp), 10, 64)
	if err != nil {
		return core.Errorf(core.CodeBadRequest, "timestamp is %.40s: it must be a whole number of seconds since 1970", m.timestamp)
	}
	p.nonce, p.at = *m.nonce, time.Unix(unix, 0)
	return auth.CheckTimestamp(unix, now)
}

// spendNonce refuses what was sent before, or might have been.
func (n *Node) spendNonce(ctx context.Context, credential, nonce string, at time.Time) error {
	switch err := n.Engine.Once(ctx, credential, nonce, at); {
	case errors.Is(err, engine.ErrSpent):
		return core.Errorf(core.CodeUnauthorized, "this nonce was used before: every request needs a new one").WithReason(core.ReasonReplayed)
	case errors.Is(err, engine.ErrTooOld):
		return retry(core.Errorf(core.CodeUnauthorized, "the timestamp lies before what this server remembers since its start, so a replay cannot be told apart: sign the request anew").WithReason(core.ReasonReplayed))
	case errors.Is(err, engine.ErrFull):
		return core.Errorf(core.CodeUnavailable, "too many requests within a minute to remember their nonces: try again")
	default:
		return err
	}
}
