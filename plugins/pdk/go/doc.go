// Package driplet is the guest library for Driplet plugins in Go.
//
// A plugin is a main package whose init registers handlers, built with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o NAME.wasm .
//
// Its main function never runs. A handler gets an [Event], may call everything
// in this package, and returns its answer; what it publishes, subscribes,
// disconnects and sets happens when it ends, or, if it panics, not at all. An
// instance may be replaced between any two events: what must last is kept in
// [KV], never in variables.
//
// The names are the same in every language's guest library; ABI.md of the
// server's package core/plugin tells what is beneath.
package driplet
