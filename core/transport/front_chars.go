package transport

// class is a set of characters, a bit each.
type class uint8

// What may stand where in the header of a plain request.
const (
	inName  class = 1 << iota // token (RFC 9110, 5.6.2)
	inValue                   // field-value (RFC 9110, 5.5), with spaces around it
	inPath                    // absolute-path without what may need escapes (RFC 3986, 3.3)
	inQuery                   // query (RFC 3986, 3.4), and what clients send besides
	inHost                    // uri-host and port (RFC 3986, 3.2.2)
)

var classes = func() (t [256]class) {
	mark := func(c class, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= c
		}
	}
	const alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	mark(inName, alnum+"!#$%&'*+-.^_`|~")
	mark(inPath, alnum+"-._~/$&+,:=@")
	mark(inHost, alnum+"!$%&'()*+,-.:;=[]_~")
	for b := range t {
		if b > ' ' && b < 0x7f {
			t[b] |= inQuery
		}
		if b >= ' ' && b != 0x7f || b == '\t' {
			t[b] |= inValue
		}
	}
	return t
}()

// only reports whether all of s is of one class.
func only(s string, c class) bool {
	for i := range len(s) {
		if classes[s[i]]&c == 0 {
			return false
		}
	}
	return true
}
