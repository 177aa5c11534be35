package config

import (
	"fmt"
	"sort"
	"strings"
)

// Errors is everything that is wrong with a configuration, at once, so that
// one correction is enough. Its text has a line for each, in the form
// "config.toml:4: Global.Port must be …".
type Errors []string

// Error joins the lines.
func (e Errors) Error() string { return strings.Join(e, "\n") }

// problems collects errors and warnings in the order of the file.
type problems struct {
	errors, warnings []problem
}

type problem struct {
	from origin
	text string
}

func (p *problems) errorf(from origin, format string, args ...any) {
	p.errors = append(p.errors, problem{from, fmt.Sprintf(format, args...)})
}

func (p *problems) warnf(from origin, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, w := range p.warnings {
		if w.text == text { // of another topic rule: once is enough
			return
		}
	}
	p.warnings = append(p.warnings, problem{from, text})
}

// err is an Errors, or nil.
func (p *problems) err() error {
	if len(p.errors) == 0 {
		return nil
	}
	return Errors(lines(p.errors))
}

func lines(list []problem) []string {
	sort.SliceStable(list, func(i, j int) bool { return list[i].from.before(list[j].from) })
	out := make([]string, 0, len(list))
	for _, p := range list {
		line := p.text
		if name := p.from.String(); name != "" && p.from.kind != fromDefault {
			line = name + ": " + line
		}
		out = append(out, line)
	}
	return out
}
