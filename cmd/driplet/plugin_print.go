package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/cases"
)

// printRecord prints what became of one event: a line for what came in, and
// below it logs, effects and the answer with time and fuel.
func printRecord(w io.Writer, indent string, r *cases.Record) {
	var b strings.Builder
	e := &r.Event
	line := []string{e.Kind}
	for _, part := range []string{e.Event, e.Topic} {
		if part != "" {
			line = append(line, onOneLine(part))
		}
	}
	if e.User != "" {
		line = append(line, "user "+onOneLine(e.User))
	}
	switch {
	case e.Method != "":
		line = append(line, onOneLine(e.Method), visible(shortened(jsonOf(e.Body))))
	case e.Kind == "http":
		line = append(line, strconv.Itoa(int(e.Status)), visible(shortened(jsonOf(e.Body))))
	case len(e.Data) > 0:
		line = append(line, visible(shortened(string(e.Data))))
	}
	fmt.Fprintf(&b, "%s%s\n", indent, strings.Join(line, "  "))
	printLogs(&b, indent+"    ", r.Logs)
	for _, raw := range r.Effects {
		op, rest := effectText(raw)
		fmt.Fprintf(&b, "%s    %-8s %s\n", indent, op, visible(shortened(rest)))
	}
	if r.Failure != "" && len(r.Refusal) == 0 && len(r.Effects) > 0 {
		fmt.Fprintf(&b, "%s    none of these effects came about, because it failed\n", indent)
	}
	how, text := ending(r)
	fmt.Fprintf(&b, "%s    %-8s %s  (%s, fuel %s)\n", indent, how, text, (time.Duration(r.Took) * time.Microsecond).String(), grouped(r.Fuel))
	if r.Cut {
		fmt.Fprintf(&b, "%s    too large to be kept: data, effects and what it read are left out\n", indent)
	}
	io.WriteString(w, b.String()) // a terminal that is gone ends the command in its own way
}

// printLogs prints what a plugin has logged.
func printLogs(w io.Writer, indent string, lines []string) {
	for _, text := range lines {
		fmt.Fprintf(w, "%slog      %s\n", indent, inColumn(shortened(text), indent+"         "))
	}
}

// ending is how an event ended, in two columns.
func ending(r *cases.Record) (how, text string) {
	switch {
	case r.Failure != "":
		return "FAILED", onOneLine(r.Failure)
	case len(r.Refusal) > 0:
		var refusal core.Error
		if json.Unmarshal(r.Refusal, &struct {
			Code    *core.Code `json:"code"`
			Message *string    `json:"message"`
		}{&refusal.Code, &refusal.Message}) == nil {
			return "refused", onOneLine(string(refusal.Code) + ": " + refusal.Message)
		}
		return "refused", visible(string(r.Refusal))
	case r.Deferred != 0:
		return "deferred", "the caller waits"
	case len(r.Answer) == 0 && (r.Event.Kind == "connect" || r.Event.Kind == "subscribe"):
		return "admitted", "-"
	case len(r.Answer) == 0:
		return "answer", "none"
	}
	return "answer", visible(shortened(string(r.Answer)))
}

// effectText is an effect's name and the rest of it.
func effectText(raw json.RawMessage) (op, rest string) {
	var e map[string]json.RawMessage
	if json.Unmarshal(raw, &e) != nil || json.Unmarshal(e["op"], &op) != nil {
		return "?", string(raw)
	}
	delete(e, "op")
	parts := []string{}
	for _, key := range []string{"topic", "event", "name", "key", "method", "url", "handle", "session", "sessions", "users"} {
		if v, ok := e[key]; ok {
			parts = append(parts, strings.Trim(string(v), `"`))
			delete(e, key)
		}
	}
	for _, key := range []string{"data", "value", "refusal"} {
		if v, ok := e[key]; ok && len(e) == 1 {
			return op, strings.Join(append(parts, string(v)), "  ")
		}
	}
	if len(e) > 0 {
		parts = append(parts, jsonOf(e))
	}
	return op, strings.Join(parts, "  ")
}
