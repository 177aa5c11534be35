package node

import (
	"context"

	"github.com/driplet/driplet/core/auth"
)

// Message places what a backend posted to an endpoint. Nothing of the body is
// believed before its signature; its nonce is spent only when all else is well.
// The request is signed by its body (version 1) or as a whole (version 2).
func (n *Node) Message(ctx context.Context, endpoint string, r auth.Request) (Receipt, error) {
	t, err := n.tenant(endpoint)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := n.message(ctx, t, r)
	if err != nil {
		return Receipt{}, t.refuse(err)
	}
	return receipt, nil
}

func (n *Node) message(ctx context.Context, t *tenant, r auth.Request) (Receipt, error) {
	p, err := n.verify(t.Endpoint, r)
	if err != nil {
		return Receipt{}, err
	}
	m, err := parseMessage(r.Body)
	if err != nil {
		return Receipt{}, err
	}
	if p.nonce == "" {
		if err := p.readBody(m, n.Now()); err != nil {
			return Receipt{}, err
		}
	}
	ev, err := m.event(t.Name)
	if err != nil {
		return Receipt{}, err
	}
	scope := t.Name + "/" + p.credential
	if err := n.spendNonce(ctx, scope, p.nonce, p.at); err != nil {
		return Receipt{}, err
	}
	id := ""
	if m.id != nil {
		id = *m.id
	}
	return n.place(ctx, t, ev, n.filter(t, nil, ev.Key.Topic), scope, id)
}
