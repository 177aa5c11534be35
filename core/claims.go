package core

import "strings"

// Claims is what a verified token says of its connection. Immutable, and
// shared by every connection that shows the same token.
type Claims struct {
	User    string // of sub, else of custom's UserClaim; "" is anonymous
	Expires int64  // unix seconds; 0: never
	// Topics and Publish are the patterns of the token's top-level claims.
	Topics, Publish []Pattern
	Custom          []byte // the object custom as compact JSON; nil: no claims to target by
	Attributes      Attributes
}

// Attribute is one leaf of custom.
type Attribute struct {
	Path string // keys joined by dots
	Has  Values
	Leaf bool // false: an object stands here, which nothing matches
}

// Attributes is custom flattened, sorted by Path. A small sorted slice costs
// a tenth of a map's memory, and there is one per token.
type Attributes []Attribute

// Lookup finds what stands at path; a missing path never matches.
func (a Attributes) Lookup(path string) (Values, bool) {
	lo, hi := 0, len(a)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch c := strings.Compare(a[mid].Path, path); {
		case c == 0:
			return a[mid].Has, a[mid].Leaf
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return Values{}, false
}

// Text is a scalar claim as text, for patterns and user names; ok is false
// for what is missing, empty, a list, or neither string nor number.
func (c *Claims) Text(path string) (text string, ok bool) {
	if c == nil {
		return "", false
	}
	v, found := c.Attributes.Lookup(path)
	if !found || v.List {
		return "", false
	}
	if text, ok = v.Values[0].Text(); !ok || text == "" {
		return "", false
	}
	return text, true
}
