package core

import "testing"

func TestEndpointRule(t *testing.T) {
	ep := &Endpoint{Topics: []TopicRule{
		{Match: pattern(t, "user.{uid}"), Subscribe: AccessClaims},
		{Match: pattern(t, "user.*"), Subscribe: AccessPublic},
		{Match: pattern(t, "private-open.*"), Subscribe: AccessAnyone},
		{Match: pattern(t, "presence-*"), Publish: AccessAnyone},
		{Match: pattern(t, "*"), Subscribe: AccessPublic, Publish: AccessAnyone},
	}}
	for topic, want := range map[string]TopicRule{
		"user.7":            {Subscribe: AccessClaims}, // for everybody: no laxer rule opens it
		"user.":             {Subscribe: AccessClaims},
		"news":              {Subscribe: AccessPublic, Publish: AccessAnyone},
		"private-open.1":    {Subscribe: AccessAnyone},
		"private-x":         {Subscribe: AccessProof, Publish: AccessNobody}, // * does not name it
		"#server-to-user-7": {Subscribe: AccessProof, Publish: AccessNobody},
		// A rule that names it but says nothing of who may hear does not open it.
		"presence-room": {Subscribe: AccessProof, Publish: AccessAnyone},
		"privately":     {Subscribe: AccessPublic, Publish: AccessAnyone},
	} {
		if got := ep.Rule(topic); got.Subscribe != want.Subscribe || got.Publish != want.Publish {
			t.Errorf("%s: subscribe %d publish %d, want %d and %d", topic, got.Subscribe, got.Publish, want.Subscribe, want.Publish)
		}
	}
	none := &Endpoint{}
	if got := none.Rule("news"); got.Subscribe != AccessDefault || got.Publish != AccessDefault {
		t.Errorf("without rules: %+v", got)
	}
	if got := none.Rule("private-x"); got.Subscribe != AccessProof || got.Publish != AccessNobody {
		t.Errorf("without rules, reserved: %+v", got)
	}
}

func TestTopicRuleAdmits(t *testing.T) {
	r := TopicRule{Match: pattern(t, "user.{uid}")}
	seven := textClaims(t, `{"uid":7}`)
	if !r.Admits("user.7", seven) || r.Admits("user.8", seven) || r.Admits("user.", textClaims(t, `{"uid":""}`)) || r.Admits("user.7", nil) {
		t.Error("user.{uid} is for its user alone")
	}
	if !(&TopicRule{}).Admits("any", nil) {
		t.Error("what no rule names, no pattern forbids")
	}
}
