package core

import "unicode/utf8"

// DefaultEventName is the name of an event that was given none.
const DefaultEventName = "message"

// MaxEventNameBytes bounds an event's name: every frame of the event repeats
// it, and routes to plugins are matched against it.
const MaxEventNameBytes = 200

// CheckEventName refuses names of events that are empty, too long, not UTF-8
// or hold control characters.
func CheckEventName(name string) error {
	switch {
	case name == "":
		return Errorf(CodeBadRequest, "event is missing or empty: give it a name")
	case len(name) > MaxEventNameBytes:
		return Errorf(CodeBadRequest, "event has a name of %d bytes, the limit is %d", len(name), MaxEventNameBytes)
	case !utf8.ValidString(name):
		return Errorf(CodeBadRequest, "event has a name that is not valid UTF-8")
	}
	for _, r := range name {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return Errorf(CodeBadRequest, "event has a name with the control character U+%04X", r)
		}
	}
	return nil
}
