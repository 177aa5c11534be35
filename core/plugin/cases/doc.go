// Package cases runs a plugin against events that are written down: the real
// module in the real host, with everything around it replaced. README.md has
// the format of test cases.
package cases

import _ "embed"

// Format is README.md: how test cases are written.
//
//go:embed README.md
var Format string
