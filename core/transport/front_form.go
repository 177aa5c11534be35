package transport

import (
	"net/http"
	"strings"
)

// wellFormed reports whether r has a host, and names of headers, that are
// written as RFC 3986, 3.2.2 and RFC 9110, 5.1 have it. http.ReadRequest leaves
// that to the server, which refuses the others: a name with a space in it is
// one thing to Driplet and another to a proxy before it.
func wellFormed(r *http.Request) bool {
	if r.Host == "" || !only(r.Host, hostMarks) {
		return false
	}
	for name := range r.Header {
		if name == "" || !only(name, nameMarks) {
			return false
		}
	}
	return true
}

// Marks that may stand in them beside letters and digits.
const (
	hostMarks = "!$%&'()*+,-.:;=[]_~"
	nameMarks = "!#$%&'*+-.^_`|~"
)

// only reports whether text has nothing but letters, digits and marks.
func only(text, marks string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9':
		case strings.IndexByte(marks, c) < 0:
			return false
		}
	}
	return true
}
