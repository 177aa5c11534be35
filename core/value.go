package core

import (
	"strconv"
	"strings"
)

// Value is a JSON scalar in the one form in which claims and targets compare:
// two scalars are equal when their Values are. A string and a number share a
// space, so 5, 5.0 and "5" are equal while "5.0" and "05" are strings of their
// own; true, false and null equal only themselves.
type Value string

// The scalars that are neither strings nor numbers.
const (
	ValueTrue  Value = "true"
	ValueFalse Value = "false"
	ValueNull  Value = "null"
)

// textPrefix keeps the string "true" apart from ValueTrue.
const textPrefix = "="

// MaxNumberDigits bounds a number written out without its exponent: 1e999999
// would otherwise cost a megabyte for eight bytes.
const MaxNumberDigits = 40

// StringValue is the Value of a JSON string.
func StringValue(s string) Value { return Value(textPrefix + s) }

// NumberValue is the Value of a JSON number given as source text: its exact
// shortest decimal without an exponent.
func NumberValue(literal string) (Value, error) {
	if isPlain(literal) {
		return StringValue(literal), nil
	}
	text, ok := shortestDecimal(literal)
	if !ok {
		return "", Errorf(CodeBadRequest, "the number %.50s has more than %d digits: send it as a string", literal, MaxNumberDigits)
	}
	return StringValue(text), nil
}

// isPlain tells integers that are their own shortest form.
func isPlain(literal string) bool {
	if len(literal) == 0 || len(literal) > MaxNumberDigits || literal[0] == '0' && len(literal) > 1 {
		return false
	}
	for i := range len(literal) {
		if literal[i] < '0' || literal[i] > '9' {
			return false
		}
	}
	return true
}

// Text is the string or number as text; ok is false for true, false and null.
func (v Value) Text() (text string, ok bool) {
	return strings.CutPrefix(string(v), textPrefix)
}

// shortestDecimal writes a valid JSON number in plain decimal notation.
func shortestDecimal(lit string) (string, bool) {
	negative := strings.HasPrefix(lit, "-")
	mantissa, exp := strings.TrimPrefix(lit, "-"), 0
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		e, err := strconv.Atoi(mantissa[i+1:])
		if err != nil || e > 1<<20 || e < -1<<20 {
			return zeroOr(mantissa[:i])
		}
		exp = e
		mantissa = mantissa[:i]
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	digits, point := whole+frac, len(whole)+exp // value = 0.digits x 10^point
	trimmed := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, "0")
	if trimmed == "" {
		return "0", true
	}
	if len(trimmed) > MaxNumberDigits || point > MaxNumberDigits || point < -MaxNumberDigits {
		return "", false
	}
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	switch {
	case point <= 0:
		b.WriteString("0." + strings.Repeat("0", -point) + trimmed)
	case point >= len(trimmed):
		b.WriteString(trimmed + strings.Repeat("0", point-len(trimmed)))
	default:
		b.WriteString(trimmed[:point] + "." + trimmed[point:])
	}
	text := b.String()
	return text, len(strings.Trim(text, "-"))-strings.Count(text, ".") <= MaxNumberDigits
}

// zeroOr answers for exponents too large to write out: only zero survives.
func zeroOr(mantissa string) (string, bool) {
	return "0", strings.Trim(mantissa, "0.") == ""
}
