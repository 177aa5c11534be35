package node

import (
	"context"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
)

// Connection describes a client that wants to come in.
type Connection struct {
	Endpoint string
	Token    string
	Address  string // "" where it is not known whom it stands for
	Version1 bool
	Ping     int // seconds between pings, for the welcome
}

// Admission is a client that was let in but does not hear anything yet: the
// transport either Opens it, or Cancels.
type Admission struct {
	node    *Node
	session *Session
	welcome core.Welcome
	known   bool // handlers were told of it
}

// Connect lets a client in: endpoint, token, limits, then handlers.
func (n *Node) Connect(ctx context.Context, c Connection) (*Admission, error) {
	t, err := n.tenant(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if c.Version1 && t.Version1 == core.Version1Off {
		return nil, t.refuse(core.Errorf(core.CodeForbidden, "endpoint %s no longer serves version 1 clients (Version1 = \"off\"): connect with v=2", t.Name))
	}
	claims, err := n.tokens.Verify(t.Endpoint, c.Token, n.Now())
	if err != nil {
		return nil, t.refuse(err)
	}
	if err := t.admit(c.Address); err != nil {
		return nil, t.refuse(err)
	}
	id := core.NewSessionID()
	s := &Session{Public: core.PublicID(claims.User, id), tenant: t, address: c.Address, version1: c.Version1}
	s.claims.Store(claims)
	s.Session = &hub.Session{ID: id, Endpoint: t.Name}
	known := n.wants(s, core.HookConnect, "")
	if known {
		ev := s.event(core.HookConnect)
		ev.Time = n.Now()
		if _, err := n.Hooks.Decide(ctx, ev); err != nil {
			t.release(c.Address)
			return nil, t.refuse(err)
		}
	}
	w := core.Welcome{Session: id, User: claims.User, Ping: c.Ping, MaxFrame: t.Limits.FrameBytes, Expires: claims.Expires}
	return &Admission{node: n, session: s, welcome: w, known: known}, nil
}

// Cancel takes an admission back: the upgrade failed. Handlers that have let the
// client in are told that it has gone.
func (a *Admission) Cancel() {
	a.session.tenant.release(a.session.address)
	if a.known {
		a.node.observe(a.session, core.HookDisconnect, "")
	}
}

// Session is the client that comes in; it is of use once Open has been called.
func (a *Admission) Session() *Session { return a.session }

// Open connects the client to its socket and greets it.
func (a *Admission) Open(sink hub.Sink, e hub.Encoder) *Session {
	n, s := a.node, a.session
	s.Session = hub.NewSession(s.ID, s.Endpoint, s.Claims(), sink, e)
	n.mu.Lock()
	n.sessions[s.ID] = s
	n.mu.Unlock()
	n.Hub.Join(s.Session, a.welcome)
	return s
}

// Leave forgets a client whose connection has ended, and tells handlers.
func (n *Node) Leave(s *Session) {
	n.mu.Lock()
	_, known := n.sessions[s.ID]
	delete(n.sessions, s.ID)
	n.mu.Unlock()
	if !known {
		return
	}
	topics := n.leaveAll(s)
	n.Hub.Leave(s.Session)
	s.tenant.release(s.address)
	for _, topic := range topics {
		n.observe(s, core.HookUnsubscribe, topic)
	}
	n.observe(s, core.HookDisconnect, "")
}

// Close ends a connection from this side, with a reason for its client.
func (n *Node) Close(s *Session, code uint16, text string) {
	n.Hub.Close(s.Session, core.CloseReason{Code: code, Text: text})
}

// Warn tells a client that its token ends in so many seconds.
func (n *Node) Warn(s *Session, seconds int) {
	n.Hub.Send(s.Session, core.Expiring{In: seconds})
}
