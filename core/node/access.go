package node

import (
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

// maySubscribe applies the topic's rule. proof, which may be empty, is the
// backend's word for this user and topic: it counts when a subscription begins.
func (n *Node) maySubscribe(s *Session, topic, proof string) error {
	c := s.Claims()
	if err := n.mayWith(s, c, topic); err != nil || s.tenant.Rule(topic).Subscribe != core.AccessProof {
		return err
	}
	user := ""
	if c != nil {
		user = c.User
	}
	_, err := auth.VerifyProof(s.tenant.APIKeys, s.tenant.Name, user, topic, proof, n.Now())
	return err
}

// mayWith is maySubscribe for claims that s has, had or may get, proofs apart.
func (n *Node) mayWith(s *Session, c *core.Claims, topic string) error {
	rule := s.tenant.Rule(topic)
	ok := false
	switch rule.Subscribe {
	case core.AccessPublic:
		ok = true
	case core.AccessDefault, core.AccessAnyone:
		ok = c != nil && rule.Admits(topic, c)
	case core.AccessToken:
		ok = c != nil && rule.Admits(topic, c) && core.MatchAny(c.Topics, topic, c)
	case core.AccessClaims:
		ok = c != nil && rule.Admits(topic, c)
	case core.AccessPlugin:
		ok = rule.Admits(topic, c) && n.wants(s, core.HookSubscribe, topic)
		if !ok {
			return core.Errorf(core.CodeForbidden, "you may not subscribe to %q: no plugin here admits to it", topic)
		}
	case core.AccessProof:
		ok = rule.Admits(topic, c)
	}
	if !ok {
		return core.Errorf(core.CodeForbidden, "you may not subscribe to %q", topic)
	}
	return nil
}

// mayPublish applies the topic's rule to a client's own publish.
func (n *Node) mayPublish(s *Session, topic string) error {
	rule, c := s.tenant.Rule(topic), s.Claims()
	ok := false
	switch rule.Publish {
	case core.AccessDefault, core.AccessToken:
		ok = c != nil && core.MatchAny(c.Publish, topic, c)
	case core.AccessAnyone:
		ok = c != nil && rule.Admits(topic, c)
	case core.AccessPlugin:
		ok = rule.Admits(topic, c) && n.wants(s, core.HookPublish, topic)
		if !ok {
			return core.Errorf(core.CodeForbidden, "you may not publish to %q: no plugin here allows it", topic)
		}
	}
	if !ok {
		return core.Errorf(core.CodeForbidden, "you may not publish to %q", topic)
	}
	return nil
}
