// Package examples holds the pages of the examples, as 'driplet demo' serves
// them. Their PHP backends and READMEs stand beside them.
package examples

import "embed"

// Files has chat/public, analytics/public, and shared, which both use.
//
//go:embed chat/public analytics/public shared
var Files embed.FS
