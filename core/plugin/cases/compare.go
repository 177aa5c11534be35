package cases

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// compare lists what differs from what was expected.
func (b *bench) compare(x *Expect, p *Played) (out []Difference) {
	if p.Trace.Failure != nil || x.Failure != "" {
		return append(compareFailure(x.Failure, p.Trace.Failure), b.compareKV(p)...)
	}
	switch {
	case p.Refusal != nil && x.Refusal == nil:
		out = append(out, Difference{"refusal", nothing, string(encode(refusalJSON(p.Refusal)))})
	case p.Refusal == nil && x.Refusal != nil:
		out = append(out, Difference{"refusal", string(encode(x.Refusal)), "none; the answer is " + string(orNull(p.Answer))})
	case p.Refusal != nil:
		got := refusalJSON(p.Refusal)
		var want map[string]any
		if json.Unmarshal(x.Refusal, &want) == nil && want["message"] == nil {
			delete(got, "message")
		}
		out = append(out, compareJSON("refusal", x.Refusal, got)...)
	}
	if p.Refusal == nil {
		out = append(out, compareJSON("answer", x.Answer, orNull(p.Answer))...)
	}
	out = append(out, compareJSON("effects", x.Effects, effectsJSON(p.Trace.Effects))...)
	out = append(out, compareJSON("logs", x.Logs, append([]string{}, p.Trace.Logs...))...)
	if x.Deferred != nil && *x.Deferred != p.Deferred {
		out = append(out, Difference{"deferred", fmt.Sprint(*x.Deferred), fmt.Sprint(p.Deferred)})
	}
	return append(out, b.compareKV(p)...)
}

// compareFailure looks whether the plugin failed as it should: want is a part
// of the failure's text, or anything.
func compareFailure(want string, got error) []Difference {
	switch {
	case got == nil:
		return []Difference{{"failure", strconv.Quote(want), nothing}}
	case want == "":
		return []Difference{{"failure", nothing, got.Error()}}
	case want != anything && !strings.Contains(got.Error(), want):
		return []Difference{{"failure", strconv.Quote(want), got.Error()}}
	}
	return nil
}

func (b *bench) compareKV(p *Played) (out []Difference) {
	want := p.Step.Expect.KV
	p.kv = map[string]any{}
	kv := b.kv()
	kv.mu.Lock()
	defer kv.mu.Unlock()
	keys := make([]string, 0, len(want))
	for key := range want {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		v, ok := kv.get(key)
		if p.kv[key] = nil; ok {
			p.kv[key] = valueJSON(v.value)
		}
		at := "kv" + step(key)
		switch w := want[key]; {
		case w == nil && ok:
			out = append(out, Difference{at, nothing, string(encode(valueJSON(v.value)))})
		case w != nil && !ok:
			out = append(out, Difference{at, string(encode(w)), nothing})
		case w != nil && !sameText(w, v.value):
			out = append(out, compareJSON(at, encode(w), valueJSON(v.value))...)
		}
	}
	return out
}

// effectsJSON are effects as cases write them; never nil.
func effectsJSON(list []plugin.Effect) []map[string]any {
	out := make([]map[string]any, 0, len(list))
	for i := range list {
		out = append(out, EffectJSON(&list[i]))
	}
	return out
}

func sameText(w any, value []byte) bool { s, ok := w.(string); return ok && s == string(value) }

// EffectJSON is an effect as cases write it.
func EffectJSON(e *plugin.Effect) map[string]any {
	out := map[string]any{"op": string(e.Op)}
	put := func(key string, value any, there bool) {
		if there {
			out[key] = value
		}
	}
	switch e.Op {
	case plugin.OpPublish:
		out["topic"], out["data"] = e.Topic, json.RawMessage(e.Data)
		put("event", e.Event, e.Event != "")
		put("target", json.RawMessage(e.Target), e.Target != nil)
		put("except", e.Except, e.Except != "")
		put("id", e.ID, e.ID != "")
		put("history", false, e.NoHistory)
	case plugin.OpReply:
		out["handle"] = e.Handle
		put("data", orNull(e.Data), e.Refusal == nil)
		if e.Refusal != nil {
			out["refusal"] = refusalJSON(e.Refusal)
		}
	case plugin.OpSubscribe:
		out["session"], out["topic"] = e.Session, e.Topic
		put("info", json.RawMessage(e.Info), e.Info != nil)
	case plugin.OpUnsubscribe, plugin.OpDisconnect:
		put("topic", e.Topic, e.Topic != "")
		put("sessions", e.Who.Sessions, len(e.Who.Sessions) > 0)
		put("users", e.Who.Users, len(e.Who.Users) > 0)
		put("reason", e.Reason, e.Reason != "")
	case plugin.OpSet:
		out["key"], out["value"] = e.Key, valueJSON(e.Data)
		put("ttl", e.TTL.Milliseconds(), e.TTL != 0)
	case plugin.OpDelete:
		out["key"] = e.Key
	case plugin.OpFetch:
		out["method"], out["url"] = e.Request.Method, e.Request.URL
		put("headers", e.Request.Headers, len(e.Request.Headers) > 0)
		put("body", string(e.Request.Body), len(e.Request.Body) > 0)
		put("state", string(e.State), len(e.State) > 0)
		put("signed", true, e.Request.Signed)
	case plugin.OpTimer:
		out["name"], out["at"] = e.Name, e.At
		put("state", string(e.State), len(e.State) > 0)
	}
	return out
}

func refusalJSON(e *core.Error) map[string]any {
	out := map[string]any{"code": e.Code, "message": e.Message}
	if e.Data != nil {
		out["data"] = json.RawMessage(e.Data)
	}
	return out
}

// valueJSON is a stored value as cases write it: JSON where it is JSON, else a
// string.
func valueJSON(value []byte) any {
	if json.Valid(value) && utf8.Valid(value) {
		return json.RawMessage(value)
	}
	return string(value)
}

// storedAs is what a case's value is stored as: a string as its text, anything
// else as JSON.
func storedAs(v any) []byte {
	if s, ok := v.(string); ok {
		return []byte(s)
	}
	return encode(v)
}

// orNull is JSON that may be missing.
func orNull(raw []byte) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// encode writes v as JSON without escaping <, > and &.
func encode(v any) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Appendf(nil, "%q", err.Error())
	}
	return bytes.TrimSpace(buf.Bytes())
}

func compacted(raw json.RawMessage) []byte {
	var buf bytes.Buffer
	if len(raw) == 0 || json.Compact(&buf, raw) != nil {
		return nil
	}
	return buf.Bytes()
}

// plain decodes JSON, keeping numbers as their text.
func plain(src []byte) any {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return fmt.Sprintf("not JSON: %s", src)
	}
	return v
}

// anything in a case stands for whatever came.
const anything = "<any>"

func matches(want, got any) bool {
	if want == anything {
		return true
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for k, v := range w {
			if other, ok := g[k]; !ok || !matches(v, other) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for i := range w {
			if !matches(w[i], g[i]) {
				return false
			}
		}
		return true
	case json.Number:
		g, ok := got.(json.Number)
		if !ok {
			return false
		}
		a, errA := w.Float64()
		c, errB := g.Float64()
		return w == g || errA == nil && errB == nil && a == c && len(w) < 16
	}
	return want == got
}
