package node

import "github.com/driplet/driplet/core"

// refresh gives a connection the claims of a new token of the same user. Topics
// that they no longer open are left, with a notice.
func (n *Node) refresh(s *Session, c *core.Command) error {
	claims, err := n.tokens.Verify(s.tenant.Endpoint, c.Token, n.Now())
	if err != nil {
		return err
	}
	if old := s.Claims(); old != nil && old.User != claims.User {
		return core.Errorf(core.CodeForbidden, "the token is another user's: connect anew with it")
	}
	s.claims.Store(claims)
	n.Hub.SetClaims(s.Session, claims, answer(c.ID, core.Reply{ID: c.ID}))
	for _, topic := range s.list() {
		if err := n.maySubscribe(s, topic); err != nil {
			n.exit(s, topic, core.Unsubscribed{Topic: topic, Reason: string(core.CodeForbidden)})
		}
	}
	return nil
}
