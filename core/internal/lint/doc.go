// Package lint keeps the house in order: who may import whom, where a
// technology lives, and the habits that a reader relies on. It judges source
// files alone, with go/parser; its test runs it over the whole project.
package lint
