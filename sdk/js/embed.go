// Package sdkjs holds the JavaScript SDK as the server serves it: the module
// for import and the build for a script element. A test of the SDK rebuilds
// both and compares them byte for byte.
package sdkjs

import (
	"embed"
	"io/fs"
)

//go:embed dist/driplet.mjs dist/driplet.js
var dist embed.FS

// Files has driplet.mjs and driplet.js at its root: what /sdk/ serves.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	return sub
}
