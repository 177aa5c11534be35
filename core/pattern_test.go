package core

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func pattern(t testing.TB, text string) Pattern {
	t.Helper()
	p, err := ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func textClaims(t testing.TB, custom string) *Claims {
	t.Helper()
	a, err := ParseAttributes([]byte(custom))
	if err != nil {
		t.Fatal(err)
	}
	return &Claims{Attributes: a}
}

func TestPatternMatch(t *testing.T) {
	c := textClaims(t, `{"uid":7,"star":"*","brace":"{uid}","empty":"","list":["a"],"p":{"q":"r"},"long":"ab","no":null}`)
	for _, w := range []struct {
		pattern, name string
		match, covers bool
	}{
		{"news", "news", true, true}, {"news", "new", false, false}, {"news", "newss", false, false}, {"news", "News", false, false},
		{"", "", true, true}, {"", "a", false, false}, {"*", "", true, true}, {"*", "any.thing", true, true},
		{"chat.*", "chat.", true, true}, {"chat.*", "chat.a.b", true, true}, {"chat.*", "chat", false, false}, {"chat.*", "xchat.a", false, false},
		{"*.log", "a.log", true, true}, {"*.log", "a.log.log", true, true}, {"*.log", "a.logs", false, false},
		{"a*b*c", "abc", true, true}, {"a*b*c", "aXbXbXc", true, true}, {"a*b*c", "acb", false, false}, {"**", "x", true, true},
		{"user.{uid}", "user.7", true, true}, {"user.{uid}", "user.8", false, true}, {"user.{uid}", "user.", false, true}, {"user.{uid}", "user.77", false, true},
		{"user.{uid}.*", "user.7.x", true, true}, {"user.{uid}.*", "user.77.x", false, true}, {"*.{uid}", "7.7.7", true, true}, {"{uid}{uid}", "77", true, true},
		{"{p.q}", "r", true, true}, {"{long}*b", "abb", true, true}, {"*{long}", "aab", true, true},
		{"x.{star}", "x.*", true, true}, {"x.{star}", "x.y", false, true}, {"x.{brace}", "x.{uid}", true, true}, {"x.{brace}", "x.7", false, true},
		{"x.{empty}", "x.", false, true}, {"x.{list}", "x.a", false, true}, {"x.{no}", "x.null", false, true}, {"x.{missing}", "x.", false, true}, {"x.{p}", "x.r", false, true},
		{"a}b", "a}b", true, true}, {"a?b", "acb", false, false}, {"a.b", "aXb", false, false}, {"*é", "é", true, true},
	} {
		p := pattern(t, w.pattern)
		if got := p.Match(w.name, c); got != w.match {
			t.Errorf("%q matches %q: %v, want %v", w.pattern, w.name, got, w.match)
		}
		if got := p.Covers(w.name); got != w.covers {
			t.Errorf("%q covers %q: %v, want %v", w.pattern, w.name, got, w.covers)
		}
		if strings.Contains(w.pattern, "{") && p.Match(w.name, nil) {
			t.Errorf("%q matches %q without claims", w.pattern, w.name)
		}
		if p.String() != w.pattern {
			t.Errorf("%q became %q", w.pattern, p)
		}
	}
}

func TestParsePatternRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"{": "without a claim's name", "{}": "without a claim's name", "a{uid": "without a claim's name", "*{": "without a claim's name",
		strings.Repeat("*", maxPatternStars+1): "more than 8 stars", strings.Repeat("a", MaxPatternBytes+1): "401 bytes, the limit is 400",
	} {
		if _, err := ParsePattern(text); err == nil || !strings.Contains(err.Error(), want) || AsError(err).Code != CodeBadRequest {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := ParsePatterns([]string{"a", "{"}); err == nil {
		t.Error("one of several is wrong")
	}
	if got, err := ParsePatterns([]string{"a", "b*"}); err != nil || len(got) != 2 || !MatchAny(got, "bc", nil) || MatchAny(got, "c", nil) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestPatternLiteralPrefix(t *testing.T) {
	for text, want := range map[string]string{"": "", "news": "news", "chat.*": "chat.", "user.{uid}": "user.", "*": "", "{uid}": ""} {
		if got := pattern(t, text).LiteralPrefix(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzPattern compares with a regular expression, which takes another way.
func FuzzPattern(f *testing.F) {
	f.Add("user.{uid}.*", "user.7.x", "7")
	f.Add("a*b*{uid}c*", "aXbYb77c", "7")
	f.Add("*a*a*a*a*b", strings.Repeat("a", 100), "a")
	f.Add("{uid}{none}", "**", "*")
	f.Add("{", "}", "")
	f.Fuzz(func(t *testing.T, text, name, uid string) {
		p, err := ParsePattern(text)
		if err != nil {
			return
		}
		var expr strings.Builder
		expr.WriteString(`(?s)\A`)
		missing := false
		for rest := text; rest != ""; {
			switch end := strings.IndexByte(rest, '}'); rest[0] {
			case '*':
				expr.WriteString(`.*`)
				rest = rest[1:]
			case '{':
				missing = missing || rest[1:end] != "uid" || uid == ""
				expr.WriteString(regexp.QuoteMeta(uid))
				rest = rest[end+1:]
			default:
				next := strings.IndexAny(rest, "*{")
				if next < 0 {
					next = len(rest)
				}
				expr.WriteString(regexp.QuoteMeta(rest[:next]))
				rest = rest[next:]
			}
		}
		expr.WriteString(`\z`)
		re, err := regexp.Compile(expr.String())
		if err != nil {
			return // not UTF-8
		}
		c := &Claims{Attributes: Attributes{{Path: "uid", Leaf: true, Has: Values{Values: []Value{StringValue(uid)}}}}}
		if want := !missing && re.MatchString(name); p.Match(name, c) != want {
			t.Fatalf("%q matches %q for uid %q: %v, want %v", text, name, uid, !want, want)
		}
		if p.Match(name, c) && !p.Covers(name) {
			t.Fatalf("%q matches %q and does not cover it", text, name)
		}
	})
}

func TestPatternWorstCase(t *testing.T) {
	// Exponential backtracking would not end in a lifetime.
	p := pattern(t, strings.Repeat("*a", maxPatternStars)+"b")
	done := make(chan bool)
	go func() { done <- p.Match(strings.Repeat("a", 20_000), nil) }()
	select {
	case got := <-done:
		if got {
			t.Error("there is no b")
		}
	case <-time.After(time.Minute):
		t.Error("a match takes for ever")
	}
}
