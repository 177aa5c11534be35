package plugintest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// pages is a case that lists 2,500 keys of one prefix, forwards and backwards,
// while its event writes some, deletes others, and deletes the last key of each
// page before it goes on behind it.
func pages(t *testing.T) []byte {
	t.Helper()
	type object map[string]any
	stored := object{"o": "before", "q": "behind"}
	kept := map[string]string{} // what is under the prefix
	for i := range 2500 {
		key := fmt.Sprintf("p/%04d", i)
		stored[key], kept[key] = "v", "v"
	}
	var steps []object
	for _, c := range []struct {
		limit   int
		reverse bool
	}{{100, false}, {100, true}, {1000, false}, {0, false}, {0, true}} {
		set, deleted := []string{}, []string{}
		for i := len(steps); i < 2500; i += 250 {
			set = append(set, fmt.Sprintf("p/%04d", i), fmt.Sprintf("p/%04d/", i))
			deleted = append(deleted, fmt.Sprintf("p/%04d", i+50))
		}
		for _, key := range deleted {
			delete(kept, key)
		}
		for _, key := range set {
			kept[key] = "new"
		}
		keys := slices.Sorted(maps.Keys(kept))
		if c.reverse {
			slices.Reverse(keys)
		}
		answer := make([]string, len(keys))
		for i, key := range keys {
			answer[i] = key + "=" + kept[key]
		}
		data, after := object{"prefix": "p/", "reverse": c.reverse, "set": set, "delete": deleted}, object{}
		for _, key := range deleted {
			after[key] = nil
		}
		if c.limit > 0 {
			data["limit"] = c.limit
			for i := range keys {
				if i%c.limit == c.limit-1 || i == len(keys)-1 {
					delete(kept, keys[i])
					after[keys[i]] = nil
				}
			}
		}
		steps = append(steps, object{
			"event":  object{"event": "conformance.kv_pages", "data": data},
			"expect": object{"answer": answer, "kv": after},
		})
	}
	src, err := json.Marshal(object{"kv": stored, "steps": steps})
	if err != nil {
		t.Fatal(err)
	}
	return src
}
