package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Imports judges a file's imports: the project's by layers, foreign ones by
// homes. Each fault is a line that names the file and says what to do.
func Imports(f *File) []string {
	var faults []string
	for _, spec := range f.ast.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		fault := ""
		if local, ok := strings.CutPrefix(name, Module+"/"); ok {
			fault = projectImport(f, local)
		} else if first, _, _ := strings.Cut(name, "/"); strings.Contains(first, ".") {
			fault = foreignImport(f, name)
		} else if name == "testing" && !f.IsTest() && !slices.Contains(forTests, f.Package()) {
			fault = "only tests may import testing"
		}
		if fault != "" {
			faults = append(faults, f.line(spec)+": "+fault)
		}
	}
	return faults
}

func projectImport(f *File, name string) string {
	from := f.Package()
	if f.IsTest() || name == "core" || name == "core/metrics" {
		return ""
	}
	if slices.Contains(forTests, name) && !slices.Contains(forTests, from) {
		return name + " is for tests: move what you need of it"
	}
	rule, known := layer(from)
	if !known {
		return from + " is not in lint's layers: enter it with what it may import"
	}
	for _, allowed := range rule {
		if covers(allowed, name) {
			return ""
		}
	}
	return fmt.Sprintf("%s must not import %s: name an interface where it is needed and join the two in cmd/driplet", from, name)
}

// layer finds the longest entry that fits a package.
func layer(pkg string) (allowed []string, known bool) {
	if rule, ok := layers[pkg]; ok {
		return rule, true
	}
	best := ""
	for entry, rule := range layers {
		if covers(entry, pkg) && len(entry) > len(best) {
			best, allowed, known = entry, rule, true
		}
	}
	return allowed, known
}

func foreignImport(f *File, name string) string {
	best, where := "", []string(nil)
	for module, packages := range homes {
		if strings.HasPrefix(name, module) && len(module) > len(best) {
			best, where = module, packages
		}
	}
	if best == "" {
		return name + " is a new dependency: enter it in lint's homes with the one place that may import it"
	}
	for _, home := range where {
		if covers(home, f.Package()) {
			return ""
		}
	}
	if f.IsTest() && slices.Contains(testClients, best) {
		return ""
	}
	return fmt.Sprintf("%s may be imported only in %s", best, strings.Join(where, ", "))
}

// covers reports whether pattern, a package or a folder with /..., means pkg.
func covers(pattern, pkg string) bool {
	if pattern == "..." || pattern == pkg {
		return true
	}
	folder, ok := strings.CutSuffix(pattern, "/...")
	return ok && (pkg == folder || strings.HasPrefix(pkg, folder+"/"))
}
