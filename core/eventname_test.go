package core

import (
	"strings"
	"testing"
)

func TestCheckEventName(t *testing.T) {
	for _, good := range []string{"message", "chat.send", "a b", "é/漢", strings.Repeat("a", MaxEventNameBytes)} {
		if err := CheckEventName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a\n", "\x00", "a\x7f", "a\u0085", "\xff", strings.Repeat("a", MaxEventNameBytes+1)} {
		err := CheckEventName(bad)
		if err == nil {
			t.Fatalf("%q was accepted", bad)
		}
		if AsError(err).Code != CodeBadRequest {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
