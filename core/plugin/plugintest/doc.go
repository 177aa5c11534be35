// Package plugintest tests plugins and guest libraries: the ABI's golden bytes
// (testdata/golden), a conformance suite for guest libraries (Run), and Go tests
// of test cases as data (RunCases; package cases has the format).
package plugintest
