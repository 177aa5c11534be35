// Package core is Driplet's vocabulary: the words that every other part uses
// and nothing else. It holds plain data, no I/O and no goroutines, and imports
// nothing of the project.
//
// An endpoint is a tenant. A topic belongs to one endpoint. An event is one
// message on one topic; a target narrows who hears it by the claims of each
// connection. README.md is a map of the code, RATIONALE.md answers why things
// are as they are.
package core
