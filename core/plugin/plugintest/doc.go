// Package plugintest tests plugins and guest libraries: the ABI's golden bytes
// (testdata/golden), a conformance suite for guest libraries (Run), and a
// runner for test cases as data (RunCases; README.md has the format).
package plugintest
