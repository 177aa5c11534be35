package core

import (
	"slices"
	"strings"
)

// Pattern is the one grammar for names: `*` is any run of characters, also
// none; `{claim}` is the text of that claim of the connection, taken literally;
// all else is literal. "user.{uid}" matches user.7 for the user 7 alone.
type Pattern struct {
	text   string
	parts  []part
	covers []part // parts with every claim standing for any text
}

type part struct {
	text string
	kind partKind
}

type partKind uint8

const (
	partLiteral partKind = iota
	partAny
	partClaim
)

// MaxPatternBytes bounds a pattern as topics are bounded, with room for claims.
const MaxPatternBytes = 400

// maxPatternStars bounds the backtracking of a match.
const maxPatternStars = 8

// ParsePattern reads a pattern.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	if len(text) > MaxPatternBytes {
		return p, Errorf(CodeBadRequest, "the pattern %.40q… has %d bytes, the limit is %d", text, len(text), MaxPatternBytes)
	}
	stars := 0
	for rest := text; rest != ""; {
		i := strings.IndexAny(rest, "*{")
		if i < 0 {
			p.parts = append(p.parts, part{text: rest})
			break
		}
		if i > 0 {
			p.parts = append(p.parts, part{text: rest[:i]})
		}
		if rest[i] == '*' {
			if stars++; stars > maxPatternStars {
				return p, Errorf(CodeBadRequest, "the pattern %q has more than %d stars", text, maxPatternStars)
			}
			p.parts = append(p.parts, part{kind: partAny})
			rest = rest[i+1:]
			continue
		}
		end := strings.IndexByte(rest[i:], '}')
		if end < 2 {
			return p, Errorf(CodeBadRequest, "the pattern %q has a { without a claim's name and }", text)
		}
		p.parts = append(p.parts, part{text: rest[i+1 : i+end], kind: partClaim})
		rest = rest[i+end+1:]
	}
	p.covers = slices.Clone(p.parts)
	for i, q := range p.covers {
		if q.kind == partClaim {
			p.covers[i] = part{kind: partAny}
		}
	}
	return p, nil
}

// ParsePatterns reads several.
func ParsePatterns(texts []string) ([]Pattern, error) {
	out := make([]Pattern, 0, len(texts))
	for _, t := range texts {
		p, err := ParsePattern(t)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// String is the pattern's source text.
func (p Pattern) String() string { return p.text }

// IsZero reports whether p was never parsed.
func (p Pattern) IsZero() bool { return p.text == "" && p.parts == nil }

// LiteralPrefix is what stands before the first * or {: the longer it is, the
// more specific a route is.
func (p Pattern) LiteralPrefix() string {
	if len(p.parts) > 0 && p.parts[0].kind == partLiteral {
		return p.parts[0].text
	}
	return ""
}

// Match reports whether the whole of name matches for these claims (nil: a
// connection without any). A claim that is missing, empty or not a scalar
// matches nothing, so an anonymous client never gets another's "user.".
func (p Pattern) Match(name string, c *Claims) bool { return matchParts(p.parts, name, c) }

// Covers matches as Match does, with every {claim} standing for any text: it
// tells which names a rule is about, whoever asks.
func (p Pattern) Covers(name string) bool { return matchParts(p.covers, name, nil) }

// MatchAny reports whether one of several patterns matches.
func MatchAny(patterns []Pattern, name string, c *Claims) bool {
	for _, p := range patterns {
		if p.Match(name, c) {
			return true
		}
	}
	return false
}

func matchParts(parts []part, name string, c *Claims) bool {
	// Greedy matching with one point to fall back to: linear in practice, at
	// worst len(parts) x len(name).
	star, starName := -1, ""
	for i := 0; ; {
		if i < len(parts) && parts[i].kind == partAny {
			star, starName = i, name
			i++
			continue
		}
		if i == len(parts) {
			if name == "" {
				return true
			}
		} else {
			text, ok := parts[i].text, true
			if parts[i].kind == partClaim {
				text, ok = c.Text(parts[i].text)
			}
			if !ok {
				return false
			}
			if rest, found := strings.CutPrefix(name, text); found {
				name = rest
				i++
				continue
			}
		}
		if star < 0 || starName == "" {
			return false
		}
		starName = starName[1:]
		name, i = starName, star+1
	}
}
