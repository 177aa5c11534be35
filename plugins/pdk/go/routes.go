//go:build wasip1

package driplet

import "strings"

// routes finds handlers by the names of events: written in init, only read
// afterwards. Names of one length are few, so that looking through them costs
// less than a map.
type routes struct {
	exact    [32][]route // by the length of the name
	patterns []route     // without their *
}

type route struct {
	name    string
	handler Handler
}

func (r *routes) add(name string, h Handler) {
	list := &r.exact[len(name)%len(r.exact)]
	if prefix, ok := strings.CutSuffix(name, "*"); ok {
		name, list = prefix, &r.patterns
	}
	for i := range *list {
		if (*list)[i].name == name {
			(*list)[i].handler = h
			return
		}
	}
	*list = append(*list, route{name, h})
}

// find returns the handler of an event, nil if there is none, and its name where
// a handler has that very name.
func (r *routes) find(name []byte) (known string, h Handler) {
	list := r.exact[len(name)%len(r.exact)]
	for i := range list {
		if len(list[i].name) == len(name) && same(textAt(list[i].name), bytesAt(name), len(name)) {
			return list[i].name, list[i].handler
		}
	}
	longest := -1
	for i := range r.patterns {
		prefix := r.patterns[i].name
		if len(prefix) > longest && len(prefix) <= len(name) && string(name[:len(prefix)]) == prefix {
			h, longest = r.patterns[i].handler, len(prefix)
		}
	}
	return "", h
}
