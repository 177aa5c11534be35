//go:build race

package e2e_test

// The program is raced when its test is.
const race = true
