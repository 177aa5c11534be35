package cases

import (
	"strings"
	"testing"
)

// A case that cannot be read says where, and what.
func TestParseFaults(t *testing.T) {
	for src, want := range map[string]string{
		"":                   "line 1: the JSON ends too early",
		"{\n\"event\": {":    "line 2: the JSON ends too early",
		"{\n\n\"evnt\": {}}": `line 3: unknown key "evnt": 'driplet help plugin cases' tells the format`,
		"{\"event\": {},\n\"expect\":{\"anser\": 1}}": `line 2: unknown key "anser"`,
		"[]":                           "line 1: the whole is array, which does not fit there",
		"{\"event\":\n{\"event\": 7}}": "line 2: event.event is number, which does not fit there",
		"{\"event\": {},\n}":           "line 2: invalid character '}'",
		"{}":                           "give either",
	} {
		if _, err := Parse([]byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", src, err, want)
		}
	}
}
