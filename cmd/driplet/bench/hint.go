package bench

import (
	"fmt"
	"regexp"
	"strings"
)

// key finds the configuration key that a text of the server's names.
var key = regexp.MustCompile(`\b(?:(Limits)|(Global))\.([A-Z][A-Za-z]+)`)

// hint says which key to raise where a text of the server names a limit; "" is
// none. It begins with a line end.
func hint(p *Plan, text string) string {
	switch m := key.FindStringSubmatch(text); {
	case m == nil:
	case m[1] != "":
		return fmt.Sprintf("\nTo go on, raise %s in [Endpoints.%s.Limits] of the server's configuration, or by the variable DRIPLET_ENDPOINTS_%s_LIMITS_%s.",
			m[3], p.Endpoint, strings.ToUpper(p.Endpoint), strings.ToUpper(m[3]))
	default:
		return fmt.Sprintf("\nTo go on, raise %s in [Global] of the server's configuration, or by the variable DRIPLET_GLOBAL_%s.", m[3], strings.ToUpper(m[3]))
	}
	switch {
	case strings.Contains(text, "too many open files"):
		return "\nThis process may not open more files: raise the limit with 'ulimit -n', or ask for fewer -connections."
	case strings.Contains(text, "cannot assign requested address"):
		return "\nThis machine has no free port left towards that server: ask for fewer -connections."
	}
	return ""
}
