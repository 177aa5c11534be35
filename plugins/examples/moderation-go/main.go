//go:build wasip1

// Command moderation-go is a plugin that lets through what is said on a topic,
// hides words that the configuration lists, and mutes who uses them too often.
package main

import (
	"strings"
	"time"
	"unicode"

	driplet "github.com/driplet/driplet/plugins/pdk/go"
)

func init() {
	driplet.On("moderation.say", say)
	driplet.On("moderation.check", check)
}

func main() {} // never runs

// say publishes data.text on data.topic, when its sender is subscribed there.
func say(e *driplet.Event) (any, error) {
	topic, text := e.String("topic", 200), e.String("text", 2000)
	if err := e.Err(); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(topic, "talk.") || !e.Subscribed(topic) {
		return nil, driplet.Fail("moderation.not_member", "subscribe to "+topic+" first")
	}
	strikes := "strikes/" + e.User
	limit, ok := driplet.Config("strikes").Int("")
	if !ok {
		limit = 3
	}
	if n, _, err := driplet.KV.Get(strikes); err != nil {
		return nil, err
	} else if count, _ := driplet.Value(n).Int(""); count >= limit {
		return nil, driplet.Fail("moderation.muted", "you used words that are not wanted here too often: wait ten minutes")
	}
	text, hidden := mask(text)
	if hidden > 0 {
		if _, err := driplet.KV.Incr(strikes, int64(hidden), 10*time.Minute); err != nil {
			return nil, err
		}
		driplet.Metric("hidden", int64(hidden))
	}
	message := driplet.Object{"from": e.User, "text": text, "at": e.Time.UnixMilli()}
	return driplet.Object{"hidden": hidden}, driplet.Publish(topic, message, driplet.PublishOptions{Event: "moderation.said"})
}

// check tells what say would make of data.text.
func check(e *driplet.Event) (any, error) {
	text := e.String("text", 2000)
	if err := e.Err(); err != nil {
		return nil, err
	}
	masked, hidden := mask(text)
	return driplet.Object{"text": masked, "hidden": hidden}, nil
}

// mask writes stars over the words that the configuration lists.
func mask(text string) (string, int) {
	bad := driplet.Config("words").Texts("")
	var out strings.Builder
	hidden := 0
	word := func(w string) {
		for _, b := range bad {
			if strings.EqualFold(w, b) {
				hidden++
				w = strings.Repeat("*", len([]rune(w)))
			}
		}
		out.WriteString(w)
	}
	start := 0
	for i, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			word(text[start:i])
			out.WriteRune(r)
			start = i + len(string(r))
		}
	}
	word(text[start:])
	return out.String(), hidden
}
