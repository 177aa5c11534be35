package meter

import "fmt"

// Subsections of the name section (core specification, 7.4.1).
const (
	namesModule    = 0
	namesFunctions = 1
)

// readNames takes the functions' names. Names of functions that do not exist
// are left out; the module's own name and those of locals are of no use here.
func (m *module) readNames() error {
	r := &reader{b: m.nameSec}
	for r.more() && r.err == nil {
		kind := r.byte()
		sub := &reader{b: r.take(r.u32())}
		if r.err != nil {
			break
		}
		switch kind {
		case namesFunctions:
			if m.names == nil {
				m.names = make(map[uint32]string, min(len(m.funcs), len(sub.b)))
			}
			for range sub.count("names", 1<<24) {
				f, name := sub.u32(), sub.name()
				if sub.err != nil {
					break
				}
				if int(f) < len(m.funcs) && len(name) <= MaxName {
					m.names[f] = name
				}
			}
		case namesModule:
			sub.name()
		default:
			continue
		}
		if sub.err == nil && sub.more() {
			sub.fail("there are %d bytes too many", len(sub.b)-sub.pos)
		}
		if sub.err != nil {
			return fmt.Errorf("name section: %w", sub.err)
		}
	}
	if r.err != nil {
		return fmt.Errorf("name section: %w", r.err)
	}
	return nil
}

// names2 is the contents of the new custom section: the functions' names, so
// that traps show them, and the helpers'.
func (m *module) names2(out []byte) []byte {
	var list []byte
	n := uint32(0)
	add := func(f uint32, name string) {
		list = appendName(appendU32(list, f), name)
		n++
	}
	for f := range m.funcs {
		if name, ok := m.names[uint32(f)]; ok {
			add(m.shift(uint32(f)), name)
		}
	}
	for i, h := range m.helpers {
		add(uint32(len(m.funcs)+HostFunctions+i), HostModule+"."+helperNames[h.kind])
	}
	list = append(appendU32(nil, n), list...)
	out = append(appendName(out, "name"), namesFunctions)
	return append(appendU32(out, uint32(len(list))), list...)
}

// called describes a function in an error.
func (m *module) called(f int) string {
	if name, ok := m.names[uint32(f)]; ok {
		return fmt.Sprintf("function %d (%s)", f, name)
	}
	return fmt.Sprintf("function %d", f)
}
