package plugin

import (
	"bytes"
	"fmt"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/driplet/driplet/core"
)

// Manifest is what an operator says of a plugin: which events it gets and what
// it may do. Immutable after ParseManifest.
type Manifest struct {
	Name    string
	Version string
	Wasm    string // file beside the manifest
	Order   int    // several hooks of one kind run in this order, then by name
	Events  []core.Pattern
	Topics  []core.Pattern
	Hooks   [KindHTTP + 1]bool // by kind
	Timers  map[string]time.Duration
	Pass    bool // on_failure: consent when the plugin fails
	Grants  Grants
	Limits  ManifestLimits
	Config  map[string]any
}

// Grants are a manifest's capabilities; what is nil or zero is not granted.
type Grants struct {
	Publish, Subscribe, Presence, History []core.Pattern

	byClaims bool // a pattern holds a claim: what it matches depends on the event

	KV         int64 // bytes an endpoint
	HTTP       []urlPrefix
	HTTPConfig []string // keys of [config] whose URLs are granted too
}

// ManifestLimits are a manifest's limits with the defaults filled in.
type ManifestLimits struct {
	Memory       int64 // bytes; 0: the default, which depends on the module
	Stack        int   // bytes that open calls may take
	Deadline     time.Duration
	ReplyTimeout time.Duration
	Instances    int  // 0: a pool
	ByTopic      bool // affinity: a topic's events go to one instance
}

// source is the manifest as TOML.
type source struct {
	Name         string            `toml:"name"`
	Version      string            `toml:"version"`
	ABI          int               `toml:"abi"`
	Wasm         string            `toml:"wasm"`
	Order        int               `toml:"order"`
	Events       []string          `toml:"events"`
	Topics       []string          `toml:"topics"`
	Hooks        []string          `toml:"hooks"`
	Timers       map[string]string `toml:"timers"`
	OnFailure    string            `toml:"on_failure"`
	Capabilities struct {
		Publish   []string `toml:"publish"`
		Subscribe []string `toml:"subscribe"`
		Presence  []string `toml:"presence"`
		History   []string `toml:"history"`
		KV        string   `toml:"kv"`
		HTTP      []string `toml:"http"`
	} `toml:"capabilities"`
	Limits struct {
		Memory       string `toml:"memory"`
		Stack        string `toml:"stack"`
		Deadline     string `toml:"deadline"`
		ReplyTimeout string `toml:"reply_timeout"`
		Instances    int    `toml:"instances"`
		Affinity     string `toml:"affinity"`
	} `toml:"limits"`
	Config map[string]any `toml:"config"`
}

// ParseManifest reads the manifest in file (for messages: chat.toml), strictly:
// unknown keys are errors. Errors are for the operator and name the file.
func ParseManifest(file string, src []byte) (*Manifest, error) {
	if len(src) > MaxManifest {
		return nil, fmt.Errorf("%s: has %d bytes, the limit is %d", file, len(src), MaxManifest)
	}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("%s: is UTF-16: save it as UTF-8", file)
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff")) // some editors begin a file so
	var s source
	if err := toml.NewDecoder(bytes.NewReader(src)).DisallowUnknownFields().Decode(&s); err != nil {
		return nil, manifestError(file, err)
	}
	m, err := s.manifest()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}
