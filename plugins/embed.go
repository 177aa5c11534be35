// Package plugins holds the guest side of Driplet's plugins as files in the
// binary: the plugins that come with it, the guest libraries, and templates for
// new plugins. Nothing in core imports it.
package plugins

import (
	"embed"
	"io/fs"
)

//go:embed chat/chat.toml chat/chat.wasm analytics/analytics.toml analytics/analytics.wasm moodle/moodle.toml moodle/moodle.wasm
var bundled embed.FS

// Bundled holds the plugins that come with the server: NAME/NAME.toml and
// NAME/NAME.wasm each. It is one of a plugin.Host's Sources.
func Bundled() fs.FS { return bundled }

// Guide is README.md: how to write, test and run a plugin, in every language.
//
//go:embed README.md
var Guide string

// What Scaffold writes. The Go library has no go.mod of its own, which would
// keep it from being embedded here; its files are built for wasip1 only.
var (
	//go:embed all:templates
	templates embed.FS
	//go:embed pdk/*/README.md
	references embed.FS
	//go:embed pdk/assemblyscript/driplet/*.ts
	assemblyscriptLibrary embed.FS
	//go:embed pdk/c/driplet
	cLibrary embed.FS
	//go:embed pdk/go/*.go
	goLibrary embed.FS
	//go:embed pdk/javascript/driplet/*.ts
	javascriptLibrary embed.FS
	//go:embed pdk/rust/driplet
	rustLibrary embed.FS
)

// adapter drives the JavaScript engine: pdk/javascript/adapter, compiled.
//
//go:embed pdk/javascript/adapter.wasm
var adapter []byte

// JavaScript is what plugins in JavaScript and TypeScript are built with: the
// guest library's files, and the module that puts the engine behind the ABI.
func JavaScript() (library fs.FS, adapterModule []byte) {
	library, err := fs.Sub(javascriptLibrary, "pdk/javascript/driplet")
	if err != nil {
		panic(err) // the name is a constant, and a valid one
	}
	return library, adapter
}
