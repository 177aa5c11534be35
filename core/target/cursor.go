package target

import (
	"bytes"

	"github.com/driplet/driplet/core"
)

// cursor walks over compact JSON that is known to be valid. Unlike the
// standard decoder it shows keys that stand twice, and it copies nothing.
type cursor struct {
	src []byte
	at  int
}

func (c *cursor) peek() byte { return c.src[c.at] }

// enter steps over an opening bracket (or any other first byte).
func (c *cursor) enter(byte) { c.at++ }

// more reports whether another member follows before the closing bracket, and
// steps over the comma or the bracket.
func (c *cursor) more(closing byte) bool {
	switch c.src[c.at] {
	case closing:
		c.at++
		return false
	case ',':
		c.at++
	}
	return true
}

// key reads a member's name and its colon.
func (c *cursor) key() string {
	raw := c.literal()
	c.at++
	return text(raw)
}

// literal steps over a string, number, true, false or null.
func (c *cursor) literal() []byte {
	start := c.at
	if c.src[c.at] == '"' {
		for c.at++; c.src[c.at] != '"'; c.at++ {
			if c.src[c.at] == '\\' {
				c.at++
			}
		}
		c.at++
	} else if n := bytes.IndexAny(c.src[c.at:], ",]}"); n >= 0 {
		c.at += n
	} else {
		c.at = len(c.src)
	}
	return c.src[start:c.at]
}

// text unquotes a string with its quotes.
func text(raw []byte) string { return string(core.UnquoteJSON(raw[1 : len(raw)-1])) }
