package core

import (
	"strings"
	"testing"
)

func TestCheckTopic(t *testing.T) {
	for _, topic := range []string{"a", "chat.room 1", "*", "{uid}", "žluťoučký", strings.Repeat("a", MaxTopicBytes), "\u00a0"} {
		if err := CheckTopic(topic); err != nil {
			t.Errorf("%q: %v", topic, err)
		}
	}
	for topic, text := range map[string]string{
		"": "missing or empty", strings.Repeat("a", MaxTopicBytes+1): "201 bytes, the limit is 200", strings.Repeat("é", 101): "202 bytes",
		"a\xff": "UTF-8", "\xed\xa0\x80": "UTF-8", "a\x00": "U+0000", "a\nb": "U+000A", "\x1f": "U+001F", "\x7f": "U+007F", "\u0085": "U+0085", "\u009f": "U+009F",
	} {
		if err := CheckTopic(topic); err == nil || AsError(err).Code != CodeBadRequest || !strings.Contains(err.Error(), text) {
			t.Errorf("%.20q: %v, want %q", topic, err, text)
		}
	}
}

func TestCheckEventName(t *testing.T) {
	for _, good := range []string{"message", "chat.send", "a b", "é/漢", strings.Repeat("a", maxEventNameBytes)} {
		if err := CheckEventName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a\n", "\x00", "a\x7f", "a\u0085", "\xff", strings.Repeat("a", maxEventNameBytes+1)} {
		err := CheckEventName(bad)
		if err == nil {
			t.Fatalf("%q was accepted", bad)
		}
		if AsError(err).Code != CodeBadRequest {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
