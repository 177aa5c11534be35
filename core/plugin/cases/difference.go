package cases

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Difference is one place where what came is not what was wanted.
type Difference struct {
	Path      string // "answer.id", "effects[1].data"; "" is the step itself
	Want, Got string // JSON, "nothing", or words
}

// String is the difference on one line, or on three where it is long.
func (d Difference) String() string {
	if d.Path == "" {
		return d.Got
	}
	return fmt.Sprintf("%s:\n  want %s\n  got  %s", d.Path, d.Want, d.Got)
}

// nothing stands for a value that is not there.
const nothing = "nothing"

// differences compares two decoded JSON values, place by place.
func differences(path string, want, got any) []Difference {
	if matches(want, got) {
		return nil
	}
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return objectDifferences(path, w, g)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return listDifferences(path, w, g)
		}
	}
	return []Difference{{path, string(encode(want)), string(encode(got))}}
}

func objectDifferences(path string, want, got map[string]any) (out []Difference) {
	keys := make([]string, 0, len(want)+len(got))
	for k := range want {
		keys = append(keys, k)
	}
	for k := range got {
		if _, both := want[k]; !both {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	for _, k := range keys {
		w, wanted := want[k]
		g, came := got[k]
		at := path + step(k)
		switch {
		case !wanted:
			out = append(out, Difference{at, nothing, string(encode(g))})
		case !came:
			out = append(out, Difference{at, string(encode(w)), nothing})
		default:
			out = append(out, differences(at, w, g)...)
		}
	}
	return out
}

// step is a key as a part of a path.
func step(key string) string {
	if key == "" || strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return "[" + strconv.Quote(key) + "]"
	}
	return "." + key
}

// listDifferences pairs what is equal, in order, and compares what lies
// between: an item too many shows as that, and not as all the items behind it.
func listDifferences(path string, want, got []any) (out []Difference) {
	i, j := 0, 0
	for _, p := range append(common(want, got), [2]int{len(want), len(got)}) {
		for i < p[0] || j < p[1] {
			switch {
			case i == p[0]:
				out = append(out, Difference{fmt.Sprintf("%s[%d]", path, j), nothing, string(encode(got[j]))})
				j++
			case j == p[1]:
				out = append(out, Difference{fmt.Sprintf("%s[%d]", path, i), string(encode(want[i])), nothing})
				i++
			default:
				out = append(out, differences(fmt.Sprintf("%s[%d]", path, j), want[i], got[j])...)
				i, j = i+1, j+1
			}
		}
		i, j = p[0]+1, p[1]+1
	}
	return out
}

// most bounds the lists that are paired; longer ones are compared by index.
const most = 512

// common is a longest common subsequence, as pairs of indexes.
func common(want, got []any) (pairs [][2]int) {
	if len(want) > most || len(got) > most || len(want) == len(got) {
		for i := range min(len(want), len(got)) {
			if matches(want[i], got[i]) {
				pairs = append(pairs, [2]int{i, i})
			}
		}
		return pairs
	}
	longest := make([][]int, len(want)+1) // of want[i:] and got[j:]
	for i := range longest {
		longest[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if matches(want[i], got[j]) {
				longest[i][j] = max(longest[i][j], longest[i+1][j+1]+1)
			}
		}
	}
	for i, j := 0, 0; i < len(want) && j < len(got); {
		switch {
		case matches(want[i], got[j]) && longest[i][j] == longest[i+1][j+1]+1:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// compareJSON compares a value of a case with what came.
func compareJSON(path string, want json.RawMessage, got any) []Difference {
	if want == nil {
		return nil
	}
	return differences(path, plain(want), plain(encode(got)))
}
