package core

import (
	"strings"
	"unicode/utf8"
)

// MaxTopicBytes bounds a topic's name.
const MaxTopicBytes = 200

// CheckTopic refuses names that are empty, too long, not UTF-8 or hold control
// characters.
func CheckTopic(topic string) error {
	switch {
	case topic == "":
		return Errorf(CodeBadRequest, "topic is missing or empty")
	case len(topic) > MaxTopicBytes:
		return Errorf(CodeBadRequest, "topic has %d bytes, the limit is %d", len(topic), MaxTopicBytes)
	case !utf8.ValidString(topic):
		return Errorf(CodeBadRequest, "topic is not valid UTF-8")
	}
	if r, found := controlIn(topic); found {
		return Errorf(CodeBadRequest, "topic holds the control character U+%04X", r)
	}
	return nil
}

// DefaultEventName is the name of an event that was given none.
const DefaultEventName = "message"

// maxEventNameBytes bounds an event's name: every frame of the event repeats
// it, and routes to plugins are matched against it.
const maxEventNameBytes = 200

// CheckEventName refuses names of events that are empty, too long, not UTF-8
// or hold control characters.
func CheckEventName(name string) error {
	switch {
	case name == "":
		return Errorf(CodeBadRequest, "event is missing or empty: give it a name")
	case len(name) > maxEventNameBytes:
		return Errorf(CodeBadRequest, "event has a name of %d bytes, the limit is %d", len(name), maxEventNameBytes)
	case !utf8.ValidString(name):
		return Errorf(CodeBadRequest, "event has a name that is not valid UTF-8")
	}
	if r, found := controlIn(name); found {
		return Errorf(CodeBadRequest, "event has a name with the control character U+%04X", r)
	}
	return nil
}

// controlIn finds the first control character (of C0, DEL or C1) in a name,
// which goes to logs and terminals as it is.
func controlIn(name string) (r rune, found bool) {
	i := strings.IndexFunc(name, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
	if i < 0 {
		return 0, false
	}
	r, _ = utf8.DecodeRuneInString(name[i:])
	return r, true
}
