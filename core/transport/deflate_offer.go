package transport

import (
	"strconv"
	"strings"
)

// offersDeflate finds an offer of permessage-deflate that can be taken
// (RFC 7692, 7.1). What the RFC does not know, and what is written wrongly or
// twice, must be declined; so is a smaller window for the server, which one
// deflated frame for everybody cannot keep to.
func offersDeflate(lines []string) bool {
	for _, line := range lines {
		for offer := range strings.SplitSeq(line, ",") {
			name, parameters, more := strings.Cut(offer, ";")
			if strings.TrimSpace(name) == "permessage-deflate" && (!more || takesAll(parameters)) {
				return true
			}
		}
	}
	return false
}

// takesAll reports whether an offer's parameters can be kept to, each of them
// once.
func takesAll(parameters string) bool {
	seen := map[string]bool{}
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, valued := strings.Cut(strings.TrimSpace(p), "=")
		switch name {
		case "server_no_context_takeover", "client_no_context_takeover":
			if valued {
				return false
			}
		case "client_max_window_bits":
			if valued && !isWindow(value) {
				return false
			}
		default:
			return false
		}
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

// isWindow tells the sizes of a window, 8 to 15, bare or in quotes.
func isWindow(value string) bool {
	if bare, quoted := strings.CutPrefix(value, `"`); quoted {
		if value, quoted = strings.CutSuffix(bare, `"`); !quoted {
			return false
		}
	}
	bits, err := strconv.Atoi(value)
	return err == nil && bits >= 8 && bits <= 15 && strconv.Itoa(bits) == value
}
