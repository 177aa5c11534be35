package config

import "fmt"

// origin is where a value was set; every value knows its own.
type origin struct {
	kind originKind
	name string // the file, the environment variable or the flag
	line int    // of the file, from 1; 0: the file as a whole
}

type originKind uint8

const (
	fromDefault originKind = iota
	fromFile
	fromEnvironment
	fromFlag
)

// String is "config.toml:8", "DRIPLET_GLOBAL_PORT", "-port" or "default".
func (o origin) String() string {
	switch {
	case o.kind == fromDefault:
		return "default"
	case o.kind == fromFile && o.line > 0:
		return fmt.Sprintf("%s:%d", o.name, o.line)
	}
	return o.name
}

func (o origin) before(p origin) bool {
	if o.kind != p.kind {
		return o.kind < p.kind
	}
	if o.kind == fromFile {
		return o.line < p.line
	}
	return o.name < p.name
}
