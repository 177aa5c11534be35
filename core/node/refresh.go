package node

import "github.com/driplet/driplet/core"

// refresh gives a connection the claims of a new token of the same user. Topics
// that the old claims opened and these do not are left, with a notice; what a
// handler has put the client on is the handler's to end.
func (n *Node) refresh(s *Session, c *core.Command) error {
	claims, err := n.tokens.Verify(s.tenant.Endpoint, c.Token, n.Now())
	if err != nil {
		return err
	}
	old := s.Claims()
	if old != nil && old.User != claims.User {
		return core.Errorf(core.CodeForbidden, "the token is another user's: connect anew with it")
	}
	s.claims.Store(claims)
	n.Hub.SetClaims(s.Session, claims, answer(c.ID, core.Reply{ID: c.ID}))
	for _, topic := range s.list() {
		if n.mayWith(s, old, topic) == nil && n.mayWith(s, claims, topic) != nil {
			n.exit(s, topic, core.Unsubscribed{Topic: topic, Reason: string(core.CodeForbidden)})
		}
	}
	return nil
}
