package plugin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/meter"
)

// manifest checks what was decoded and fills in the defaults.
func (s *source) manifest() (*Manifest, error) {
	if !validName(s.Name) {
		return nil, fmt.Errorf("name = %q: a plugin's name is a-z, 0-9, _ and -, begins with a letter and has at most 32 characters", s.Name)
	}
	if s.Version == "" || len(s.Version) > 64 || !utf8.ValidString(s.Version) {
		return nil, fmt.Errorf("version = %.80q: give one of at most 64 bytes, like \"1.0.0\"", s.Version)
	}
	if s.ABI == 0 {
		return nil, fmt.Errorf("it does not say for which ABI the plugin is: write abi = %d", ABIVersion)
	}
	if s.ABI != ABIVersion {
		return nil, fmt.Errorf("abi = %d: this server speaks abi = %d", s.ABI, ABIVersion)
	}
	m := &Manifest{Name: s.Name, Version: s.Version, Wasm: s.Wasm, Order: s.Order, Config: s.Config}
	if m.Wasm == "" {
		m.Wasm = m.Name + ".wasm"
	}
	if strings.ContainsAny(m.Wasm, "/\\\x00") || strings.HasPrefix(m.Wasm, ".") || !strings.HasSuffix(m.Wasm, ".wasm") {
		return nil, fmt.Errorf("wasm = %q: name a .wasm file in the manifest's own folder", m.Wasm)
	}
	switch s.OnFailure {
	case "", "refuse":
	case "pass":
		m.Pass = true
	default:
		return nil, fmt.Errorf("on_failure = %q: write \"refuse\" or \"pass\"", s.OnFailure)
	}
	for _, step := range []func(*source) error{m.readRoutes, m.readTimers, m.readGrants, m.readLimits} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// validName checks a plugin's name: it stands in error codes, file names and
// the names of stores.
func validName(name string) bool {
	if name == "" || len(name) > 32 || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func (m *Manifest) readRoutes(s *source) (err error) {
	if m.Events, err = patterns("events", s.Events); err != nil {
		return err
	}
	for _, p := range s.Events {
		if strings.Contains(p, "{") {
			return fmt.Errorf("events: %q holds a claim: events are routed by their names alone, use *", p)
		}
	}
	if m.Topics, err = patterns("topics", s.Topics); err != nil {
		return err
	}
	for _, name := range s.Hooks {
		k := KindNamed(name)
		if k == 0 || k == KindMessage || k == KindTimer {
			return fmt.Errorf("hooks: %q is none: write connect, disconnect, subscribe, unsubscribe, publish or http", name)
		}
		m.Hooks[k] = true
	}
	if (m.Hooks[KindSubscribe] || m.Hooks[KindUnsubscribe] || m.Hooks[KindPublish]) != (len(m.Topics) > 0) {
		return fmt.Errorf("topics and the hooks \"subscribe\", \"unsubscribe\", \"publish\" go together: topics says whose hooks the plugin gets, hooks which")
	}
	return nil
}

func patterns(key string, texts []string) ([]core.Pattern, error) {
	for _, t := range texts {
		if t == "" {
			return nil, fmt.Errorf("%s: holds an empty pattern, which matches nothing: remove it, or write \"*\"", key)
		}
	}
	out, err := core.ParsePatterns(texts)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", key, core.AsError(err).Message)
	}
	return out, nil
}

func (m *Manifest) readTimers(s *source) error {
	m.Timers = make(map[string]time.Duration, len(s.Timers))
	for name, text := range s.Timers {
		every, ok := strings.CutPrefix(text, "every ")
		d, err := time.ParseDuration(every)
		if !ok || err != nil || d < MinTimer {
			return fmt.Errorf("timers: %s = %q: write \"every 10m\", at least %v", name, text, MinTimer)
		}
		if !validTimerName(name) {
			return fmt.Errorf("timers: %.80q: a timer's name has 1 to %d bytes", name, MaxTimerName)
		}
		m.Timers[name] = d
	}
	return nil
}

func validTimerName(name string) bool {
	return name != "" && len(name) <= MaxTimerName && utf8.ValidString(name)
}

func (m *Manifest) readGrants(s *source) (err error) {
	c := &s.Capabilities
	for _, g := range []struct {
		key   string
		texts []string
		to    *[]core.Pattern
	}{
		{"publish", c.Publish, &m.Grants.Publish}, {"subscribe", c.Subscribe, &m.Grants.Subscribe},
		{"presence", c.Presence, &m.Grants.Presence}, {"history", c.History, &m.Grants.History},
	} {
		if *g.to, err = patterns("capabilities."+g.key, g.texts); err != nil {
			return err
		}
		m.Grants.byClaims = m.Grants.byClaims || slices.ContainsFunc(g.texts, func(text string) bool { return strings.Contains(text, "{") })
	}
	if c.KV != "" {
		if m.Grants.KV, err = parseSize(c.KV); err != nil {
			return fmt.Errorf("capabilities.kv: %w", err)
		}
		if m.Grants.KV == 0 {
			return fmt.Errorf("capabilities.kv = %q grants nothing: leave it out, or write \"8 MiB\"", c.KV)
		}
	}
	for _, text := range c.HTTP {
		if key, ok := configKey(text); ok {
			if _, known := s.Config[key]; !known {
				return fmt.Errorf("capabilities.http: %q stands for a key of [config], but there is no %q%s", text, key, suggest(key, slices.Sorted(maps.Keys(s.Config))))
			}
			m.Grants.HTTPConfig = append(m.Grants.HTTPConfig, key)
			continue
		}
		p, err := parseURLPrefix(text)
		if err != nil {
			return fmt.Errorf("capabilities.http: %w", err)
		}
		m.Grants.HTTP = append(m.Grants.HTTP, p)
	}
	return nil
}

func (m *Manifest) readLimits(s *source) (err error) {
	l := &s.Limits
	if l.Memory != "" {
		if m.Limits.Memory, err = parseSize(l.Memory); err != nil {
			return fmt.Errorf("limits.memory: %w", err)
		}
		if m.Limits.Memory < MinMemory || m.Limits.Memory > MaxMemory {
			return fmt.Errorf("limits.memory = %q: write a size from 64 KiB to 1 GiB", l.Memory)
		}
	}
	m.Limits.Stack = meter.DefaultStack
	if l.Stack != "" {
		stack, err := parseSize(l.Stack)
		if err != nil {
			return fmt.Errorf("limits.stack: %w", err)
		}
		if stack < MinStack || stack > MaxStack {
			return fmt.Errorf("limits.stack = %q: write a size from 64 KiB to 16 MiB", l.Stack)
		}
		m.Limits.Stack = int(stack)
	}
	if m.Limits.Deadline, err = duration("deadline", l.Deadline, DefaultDeadline, MinDeadline, MaxDeadline); err != nil {
		return err
	}
	if m.Limits.ReplyTimeout, err = duration("reply_timeout", l.ReplyTimeout, DefaultReplyTimeout, MinDeadline, MaxReplyTimeout); err != nil {
		return err
	}
	if l.Instances < 0 || l.Instances > MaxInstances {
		return fmt.Errorf("limits.instances = %d: write 0 for a pool of the usual size, or 1 to %d", l.Instances, MaxInstances)
	}
	m.Limits.Instances = l.Instances
	switch l.Affinity {
	case "":
	case "topic":
		m.Limits.ByTopic = true
	default:
		return fmt.Errorf("limits.affinity = %q: write \"topic\", or leave it out", l.Affinity)
	}
	return nil
}

func duration(key, text string, silent, least, most time.Duration) (time.Duration, error) {
	if text == "" {
		return silent, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		return 0, fmt.Errorf("limits.%s = %q: write a time from %v to %v, like %q", key, text, least, most, silent)
	}
	return d, nil
}

// maxSize is far more than any size of a manifest may be.
const maxSize = 1 << 40

func parseSize(text string) (int64, error) {
	n, ok := core.ParseSize(text)
	if !ok || n > maxSize {
		return 0, fmt.Errorf("%q is not a size: write one like \"8 MiB\"", text)
	}
	return n, nil
}
