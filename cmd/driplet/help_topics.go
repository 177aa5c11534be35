package main

import (
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
	"github.com/driplet/driplet/plugins"
)

// topic is what 'driplet help' tells at length, for those who have the program
// alone: a document as it is in the repository.
type topic struct {
	name    string // as a command's
	summary string
	text    string // Markdown
}

func topics() []topic {
	return []topic{
		{"plugin guide", "how to write a plugin: ten minutes in each language, and all there is to know", plugins.Guide},
		{"plugin cases", "how a plugin's test cases are written", cases.Format},
		{"plugin abi", "what a plugin and the server say to each other, to the byte", plugin.ABI},
	}
}
