package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
)

// newEndpoint builds the snapshot of one [Endpoints.<name>]. Durable says that
// there is a DataDir.
func newEndpoint(r *resolved, durable bool, p *problems) *core.Endpoint {
	e := &core.Endpoint{
		Name:           r.name,
		Title:          get[string](r, "Name"),
		APIKeys:        credentials(r, "APISecret", "APISecretPrevious"),
		JWTKeys:        credentials(r, "JWTSecret", "JWTSecretPrevious"),
		AllowedOrigins: getList[string](r, "AllowedOrigins"),
		UserClaim:      get[string](r, "UserClaim"),
		EnforceExpiry:  get[string](r, "TokenExpiry") == "enforce",
		Version1: map[string]core.Version1{
			"expire": core.Version1Expire, "off": core.Version1Off,
		}[get[string](r, "Version1")],
		EchoTarget: get[bool](r, "EchoTarget"),
		Compress:   get[bool](r, "Compress"),
		Plugins:    getList[string](r, "Plugins"),
		Limits:     limits(r.section("Limits")),
	}
	if v := r.values["Plugins"]; v != nil && v.from.kind == fromDefault {
		e.Plugins = nil // whatever PluginDir holds
	}
	if e.Title == "" {
		e.Title = e.Name
	}
	for _, t := range r.lists["Topics"] {
		e.Topics = append(e.Topics, topicRule(t))
		judgeHistory(t, durable, p)
	}
	e.PluginConfig = pluginConfig(r, e.Plugins, p)
	e.Callbacks = callbacks(r, len(e.APIKeys) > 0, p)
	e.Generation = generation(e)
	return e
}

func limits(r *resolved) core.Limits {
	l := core.Limits{
		Connections:     get[int](r, "Connections"),
		Subscriptions:   get[int](r, "Subscriptions"),
		FrameBytes:      get[int](r, "FrameBytes"),
		QueueBytes:      get[int](r, "QueueBytes"),
		EventsPerSecond: get[float64](r, "EventsPerSecond"),
		BytesPerSecond:  get[int](r, "BytesPerSecond"),
		HooksPerSecond:  get[float64](r, "HooksPerSecond"),
	}
	if s := r.values["ConnectionsPerAddress"]; s != nil && s.from.kind != fromDefault {
		l.ConnectionsPerAddress = get[int](r, "ConnectionsPerAddress")
	}
	return l
}

func topicRule(r *resolved) core.TopicRule {
	access := map[string]core.Access{
		"public": core.AccessPublic, "anyone": core.AccessAnyone, "token": core.AccessToken,
		"claims": core.AccessClaims, "proof": core.AccessProof, "plugin": core.AccessPlugin, "nobody": core.AccessNobody,
	}
	overflow := map[string]core.Overflow{"drop-oldest": core.OverflowDropOldest, "latest": core.OverflowLatest}
	return core.TopicRule{
		Match:     get[core.Pattern](r, "Match"),
		Subscribe: access[get[string](r, "Subscribe")],
		Publish:   access[get[string](r, "Publish")],
		Overflow:  overflow[get[string](r, "Overflow")],
		History:   history(r.section("History")),
	}
}

// history of a rule that has the section; of others the zero one.
func history(r *resolved) core.History {
	if r == nil {
		return core.History{}
	}
	sync := map[string]core.Sync{"always": core.SyncAlways}
	return core.History{Size: get[int](r, "Size"), Age: get[time.Duration](r, "Age"), Sync: sync[get[string](r, "Sync")]}
}

// judgeHistory tells an operator who asks for what a disk does that there is none.
func judgeHistory(topic *resolved, durable bool, p *problems) {
	if r := topic.section("History"); r != nil && !durable && history(r).Sync == core.SyncAlways {
		p.warnf(r.origin("Sync"), "%s is \"always\", but without Global.DataDir history is in memory and ends with the process: set it to a folder", r.key("Sync"))
	}
}

// callbacks are signed, so there must be a secret, and each event goes to the
// one whose pattern is the most specific, so there must be one.
func callbacks(r *resolved, signed bool, p *problems) []core.Callback {
	var out []core.Callback
	owners := map[string]core.Pattern{}
	for i, c := range r.lists["Callbacks"] {
		cb := core.Callback{Match: get[core.Pattern](c, "Match"), URL: get[string](c, "URL"), Timeout: get[time.Duration](c, "Timeout")}
		if i == 0 && !signed {
			p.errorf(c.from, "%s needs %s: it signs what the backend gets", r.key("Callbacks"), r.key("APISecret"))
		}
		if cb.Match.IsZero() {
			continue // told of already
		}
		prefix := cb.Match.LiteralPrefix()
		if other, taken := owners[prefix]; taken {
			p.errorf(c.origin("Match"), "%s: %q and %q are equally specific: make one longer before its first * or {", c.key("Match"), cb.Match, other)
		}
		owners[prefix] = cb.Match
		out = append(out, cb)
	}
	return out
}

// credentials are a secret and the one before it. An empty secret is none: it
// would let everybody sign.
func credentials(r *resolved, names ...string) []core.Credential {
	var out []core.Credential
	for _, name := range names {
		if secret := get[string](r, name); secret != "" {
			out = append(out, core.Credential{ID: credentialID(secret), Secret: secret})
		}
	}
	return out
}

// credentialID follows from the secret, so that a secret keeps its id, and the
// nonces spent under it, when it becomes the previous one.
func credentialID(secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("driplet credential id"))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}

// generation is a digest of the keys: another set of keys has another value.
func generation(e *core.Endpoint) uint64 {
	h := sha256.New()
	for _, keys := range [][]core.Credential{e.APIKeys, e.JWTKeys} {
		fmt.Fprintf(h, "%d\n", len(keys))
		for _, k := range keys {
			fmt.Fprintf(h, "%d %s\n", len(k.Secret), k.Secret)
		}
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// pluginConfig gives each plugin its section, under the plugin's name as the
// list Plugins has it. Without a list it is PluginDir that tells which there are.
func pluginConfig(r *resolved, plugins []string, p *problems) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, e := range r.free["PluginConfig"] {
		name := strings.ToLower(e.name)
		out[name], _ = plain(e.value).(map[string]any)
		listed := false
		for _, plugin := range plugins {
			listed = listed || plugin == name
		}
		if plugins != nil && !listed {
			p.warnf(e.from, "%s configures a plugin that %s does not list", r.key("PluginConfig."+e.name), r.key("Plugins"))
		}
	}
	return out
}

// plain strips the origins off a value whose keys are a plugin's own.
func plain(v any) any {
	switch v := v.(type) {
	case *table:
		out := map[string]any{}
		for _, e := range v.entries {
			out[e.name] = plain(e.value)
		}
		return out
	case list:
		out := make([]any, 0, len(v))
		for _, e := range v {
			out = append(out, plain(e.value))
		}
		return out
	case date:
		return string(v)
	}
	return v
}
