package plugin

import (
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// manifestError words what the TOML package says of a manifest, for an operator
// who knows nothing of Go.
func manifestError(file string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := &strict.Errors[0]
		row, _ := e.Position()
		key := e.Key()
		last := ""
		if len(key) > 0 {
			last = key[len(key)-1]
		}
		return fmt.Errorf("%s:%d: unknown key %q%s", file, row, strings.Join(key, "."), suggest(last, knownKeys(key)))
	}
	var d *toml.DecodeError
	if errors.As(err, &d) {
		row, col := d.Position()
		text := strings.TrimPrefix(d.Error(), "toml: ")
		if wanted, given, ok := mismatch(text); ok {
			text = fmt.Sprintf("%s: %s is wanted here, not a TOML %s", strings.Join(d.Key(), "."), wanted, given)
		}
		return fmt.Errorf("%s:%d:%d: %s", file, row, col, text)
	}
	return fmt.Errorf("%s: %w", file, err)
}

// mismatch takes apart the TOML package's error about a value of another type:
// "cannot decode TOML integer into struct field plugin.source.Version of type string".
func mismatch(text string) (wanted, given string, ok bool) {
	given, target, ok := strings.Cut(strings.TrimPrefix(text, "cannot decode TOML "), " into ")
	if !ok || !strings.HasPrefix(text, "cannot decode TOML ") {
		return "", "", false
	}
	switch {
	case strings.HasSuffix(target, " of type string"):
		wanted = "a text in quotes"
	case strings.HasSuffix(target, " of type int"):
		wanted = "a whole number"
	case strings.HasSuffix(target, " of type []string"):
		wanted = `a list of texts, like ["a", "b"]`
	case strings.HasSuffix(target, " of type map[string]string"):
		wanted = `a table of texts, like { a = "b" }`
	default:
		wanted = "a table"
	}
	return wanted, given, true
}

// knownKeys lists what may stand in the table that holds key.
func knownKeys(key []string) []string {
	t := reflect.TypeFor[source]()
	for _, part := range key[:max(len(key)-1, 0)] {
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get("toml") == part && f.Type.Kind() == reflect.Struct {
				t = f.Type
				break
			}
		}
	}
	var keys []string
	for i := range t.NumField() {
		keys = append(keys, t.Field(i).Tag.Get("toml"))
	}
	sort.Strings(keys)
	return keys
}

// suggest is what to write for a word that is not known, behind an error.
func suggest(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	return ": known here: " + strings.Join(known, ", ")
}

// nearest is the known word with the fewest edits to word; "" when all are far.
func nearest(word string, known []string) string {
	best, least := "", max(2, len(word)/3)+1
	for _, k := range known {
		if d := distance(word, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the edit distance of two words, a byte each step.
func distance(a, b string) int {
	if len(a) > 64 {
		a = a[:64]
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}
