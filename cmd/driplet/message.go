package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

// readMessage is what an argument says: JSON as it is, else a text; - stands for
// standard input.
func readMessage(in io.Reader, arg string) (any, error) {
	if arg == "-" {
		data, err := io.ReadAll(io.LimitReader(in, core.MaxBodyBytes+1))
		if err != nil {
			return nil, fmt.Errorf("the message cannot be read: %w", err)
		}
		if len(data) > core.MaxBodyBytes {
			return nil, fmt.Errorf("the message has more than %d bytes", core.MaxBodyBytes)
		}
		arg = strings.TrimRight(string(data), "\r\n")
	}
	if !utf8.ValidString(arg) {
		return nil, errors.New("the message is not UTF-8: JSON must be")
	}
	return jsonOrText(arg), nil
}

// jsonOrText keeps what is JSON as it is, numbers to the digit, and makes a
// JSON string of the rest.
func jsonOrText(s string) any {
	if json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return s
}
