// Package callback hands events of clients to backends over HTTP, and their
// answers back: what a plugin does inside the server, a script does behind a
// URL. A Gate is node's Hooks for them: Decide sends an event off, and the answer
// comes later through Services. README.md is the wire format; testdata holds its golden vectors, which
// the SDKs' tests share.
package callback
