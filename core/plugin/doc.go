// Package plugin runs customers' code: WebAssembly modules that answer client
// events, authorise subscriptions and act on topics, in this process, on
// wazero. ABI.md is the contract with the modules, to the byte.
//
// A Host loads plugins from folders or from the binary, and serves node as its
// Hooks and Observer; it acts through Services and keeps plugins' state in a
// Store, both named here and implemented elsewhere.
//
// From the outside in: Host finds the bindings (a version of a plugin on an
// endpoint) that an event is for; a binding takes an instance from its pool; the
// instance's module runs, and what it asked for (effects) is applied when it has
// ended and its instance is free again. A succession puts another version in a
// binding's place; what outlives it stands on the seat that both share.
package plugin

import _ "embed"

// ABI is ABI.md.
//
//go:embed ABI.md
var ABI string
