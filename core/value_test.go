package core

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

func TestNumberValue(t *testing.T) {
	nines := strings.Repeat("9", MaxNumberDigits)
	for literal, want := range map[string]string{
		"0": "0", "-0": "0", "0.0": "0", "-0.000": "0", "0e5": "0", "0E-5": "0", "0.0e999999999999999999999": "0",
		"5": "5", "5.0": "5", "5.00e0": "5", "50e-1": "5", "0.5e1": "5", "5E+0": "5", "5e+00": "5",
		"-5": "-5", "-5.0": "-5", "-0.5": "-0.5", "0.5": "0.5", "0.50": "0.5", "5e-1": "0.5", "0.005": "0.005", "5e-3": "0.005",
		"12.340": "12.34", "1234e-2": "12.34", "1.234e2": "123.4", "1e3": "1000", "1e39": "1" + strings.Repeat("0", 39),
		"9007199254740993": "9007199254740993", "18446744073709551616": "18446744073709551616",
		nines: nines, "-" + nines: "-" + nines, nines + ".000": nines, "0." + nines[1:]: "0." + nines[1:],
		"1e00000000000000000000000000000003": "1000",
		"1e-0":                               "1",
	} {
		got, err := NumberValue(literal)
		if err != nil || got != StringValue(want) {
			t.Errorf("%s: %q, %v, want %q", literal, got, err, want)
		}
	}
	for _, literal := range []string{"1e40", "1e-40", nines + "9", "1" + nines, "0." + nines, "1e999999", "1e-999999", "1e99999999999999999999", "-1e-99999999999999999999",
		nines + ".5", "1e" + strings.Repeat("9", 1<<20), strings.Repeat("9", 1<<20)} {
		if got, err := NumberValue(literal); err == nil || AsError(err).Code != CodeBadRequest || !strings.Contains(err.Error(), "more than 40 digits: send it as a string") {
			t.Errorf("%.50s: %.50q, %.200v", literal, got, err)
		}
	}
}

func TestValuesAreKeptApart(t *testing.T) {
	five, _ := NumberValue("5.0")
	if five != StringValue("5") || five == StringValue("5.0") || five == StringValue("05") {
		t.Error("a number equals the string of its shortest decimal, and no other")
	}
	all := []Value{ValueTrue, ValueFalse, ValueNull, StringValue("true"), StringValue("false"), StringValue("null"), StringValue(""), StringValue("="), five}
	for i, a := range all {
		for j, b := range all {
			if (a == b) != (i == j) {
				t.Errorf("%q and %q", a, b)
			}
		}
		if text, ok := a.Text(); ok != (i >= 3) || ok && StringValue(text) != a {
			t.Errorf("the text of %q is %q, %v", a, text, ok)
		}
	}
}

func TestValuesMatch(t *testing.T) {
	for _, c := range []struct {
		want, claim string
		match       bool
	}{
		{`1`, `1`, true}, {`1`, `2`, false}, {`1`, `[2,1]`, true}, {`[2,1]`, `1`, true}, {`[1,2]`, `[2,3]`, true}, {`[1,2]`, `[3]`, false},
		{`[]`, `[]`, true}, {`[]`, `[1]`, false}, {`[1]`, `[]`, false}, {`[]`, `1`, false}, {`1`, `[]`, false}, {`null`, `[]`, false}, {`[null]`, `null`, true},
		{`"true"`, `true`, false}, {`"null"`, `null`, false}, {`"5"`, `5.0`, true},
	} {
		want, _, err1 := ParseValues([]byte(c.want))
		claim, _, err2 := ParseValues([]byte(c.claim))
		if err1 != nil || err2 != nil || want.Match(claim) != c.match {
			t.Errorf("%s against %s: %v, %v", c.want, c.claim, err1, err2)
		}
	}
}

// FuzzNumberValue compares with exact arithmetic.
func FuzzNumberValue(f *testing.F) {
	for _, s := range []string{"0", "-0.50e2", "1e39", "0.000001", "123456789012345678901234567890", "1e-7", "9e999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, literal string) {
		if len(literal) > 100 || !json.Valid([]byte(literal)) || strings.TrimSpace(literal) != literal || !strings.ContainsAny(literal[:1], "-0123456789") {
			return
		}
		v, err := NumberValue(literal)
		if err != nil {
			return
		}
		text, ok := v.Text()
		if !ok || strings.ContainsAny(text, "eE+") || strings.Contains(text, ".") && strings.HasSuffix(text, "0") || len(text) > MaxNumberDigits+2 {
			t.Fatalf("%s became %s", literal, text)
		}
		if again, err := NumberValue(text); err != nil || again != v {
			t.Fatalf("%s became %s, which became %s", literal, text, again)
		}
		if _, exp, ok := strings.Cut(strings.ToLower(literal), "e"); ok && len(exp) > 4 {
			return // too large for exact arithmetic
		}
		a, okA := new(big.Rat).SetString(literal)
		b, okB := new(big.Rat).SetString(text)
		if !okA || !okB || a.Cmp(b) != 0 {
			t.Fatalf("%s became %s", literal, text)
		}
	})
}
