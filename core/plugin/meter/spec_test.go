package meter_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/driplet/driplet/core/plugin/meter"
)

// The WebAssembly core test suite stands, compiled to commands in JSON (by
// wast2json), in the source of wazero, which the module cache holds.

type specCommand struct {
	Type       string      `json:"type"`
	Line       int         `json:"line"`
	Name       string      `json:"name"`
	Filename   string      `json:"filename"`
	As         string      `json:"as"`
	ModuleType string      `json:"module_type"`
	Action     specAction  `json:"action"`
	Expected   []specValue `json:"expected"`
}

type specAction struct {
	Type   string      `json:"type"`
	Module string      `json:"module"`
	Field  string      `json:"field"`
	Args   []specValue `json:"args"`
}

type specValue struct {
	Type  string          `json:"type"`
	Lane  string          `json:"lane_type"`
	Value json.RawMessage `json:"value"`
}

// lane is one number of a value: its bits and their width; nan says which
// patterns an expected value stands for.
type lane struct {
	bits  uint64
	width int
	nan   string
}

func parseLane(text, typ string) (lane, error) {
	l := lane{width: 64}
	switch typ {
	case "i8":
		l.width = 8
	case "i16":
		l.width = 16
	case "i32", "f32":
		l.width = 32
	}
	if strings.HasPrefix(text, "nan:") {
		l.nan = text
		return l, nil
	}
	if v, err := strconv.ParseUint(text, 10, 64); err == nil {
		l.bits = v
		return l, nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	l.bits = uint64(v) & (math.MaxUint64 >> (64 - l.width))
	return l, err
}

// lanes reads a value; any stands for a reference that may be anything.
func (v specValue) lanes() (out []lane, any bool, err error) {
	if v.Type == "v128" {
		var texts []string
		if err := json.Unmarshal(v.Value, &texts); err != nil {
			return nil, false, err
		}
		for _, text := range texts {
			l, err := parseLane(text, v.Lane)
			if err != nil {
				return nil, false, err
			}
			out = append(out, l)
		}
		return out, false, nil
	}
	var text string
	if len(v.Value) == 0 || json.Unmarshal(v.Value, &text) != nil || text == "" {
		return []lane{{width: 64}}, true, nil
	}
	if strings.HasSuffix(v.Type, "ref") {
		if text == "null" {
			return []lane{{width: 64}}, false, nil
		}
		l, err := parseLane(text, "i64")
		l.bits++ // 0 is null in wazero
		return []lane{l}, false, err
	}
	l, err := parseLane(text, v.Type)
	return []lane{l}, false, err
}

// words are the value as wazero takes it.
func (v specValue) words() ([]uint64, error) {
	lanes, _, err := v.lanes()
	if err != nil {
		return nil, err
	}
	if v.Type != "v128" {
		return []uint64{lanes[0].bits}, nil
	}
	words := make([]uint64, 2)
	for i, l := range lanes {
		at := i * l.width
		words[at/64] |= l.bits << (at % 64)
	}
	return words, nil
}

// matches compares result words with the expected lanes and returns the rest.
func (v specValue) matches(words []uint64) (rest []uint64, ok bool, err error) {
	lanes, any, err := v.lanes()
	if err != nil || len(words) == 0 || v.Type == "v128" && len(words) < 2 {
		return nil, false, err
	}
	n := 1
	if v.Type == "v128" {
		n = 2
	}
	ok = true
	for i, l := range lanes {
		at := i * l.width
		got := words[at/64] >> (at % 64) & (math.MaxUint64 >> (64 - l.width))
		ok = ok && (any || l.matches(got))
	}
	return words[n:], ok, nil
}

func (l lane) matches(got uint64) bool {
	canonical, exponent := uint64(0x7fc00000), uint64(0x7f800000)
	sign := uint64(1) << 31
	if l.width == 64 {
		canonical, exponent, sign = 0x7ff8000000000000, 0x7ff0000000000000, 1<<63
	}
	switch l.nan {
	case "":
		return got == l.bits
	case "nan:canonical":
		return got&^sign == canonical
	default:
		return got&exponent == exponent && got&canonical == canonical
	}
}

// specRun is one run of a file's commands.
type specRun struct {
	dir     string
	meter   bool
	runtime wazero.Runtime
	modules map[string]api.Module
	last    api.Module
	budgets map[api.MutableGlobal]uint64 // of the stack, to set back after traps
}

// load compiles and instantiates; the metered run rewrites first.
func (s *specRun) load(t *testing.T, wasm []byte, name string) (api.Module, error) {
	if s.meter {
		out, err := meter.Rewrite(wasm, meter.Options{})
		if err != nil {
			return nil, err
		}
		wasm = out
	}
	mod, err := s.runtime.InstantiateWithConfig(t.Context(), wasm, wazero.NewModuleConfig().WithName(name).WithStartFunctions())
	if err == nil && s.meter {
		stack := mod.ExportedGlobal(meter.StackExport).(api.MutableGlobal)
		s.budgets[stack] = stack.Get()
	}
	return mod, err
}

// do runs one command; what came of it is text, to be compared between runs.
func (s *specRun) do(t *testing.T, c *specCommand, register string) (string, error) {
	read := func() []byte {
		b, err := os.ReadFile(filepath.Join(s.dir, c.Filename))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	switch c.Type {
	case "module":
		mod, err := s.load(t, read(), register)
		if err != nil {
			return "", fmt.Errorf("the module does not load: %w", err)
		}
		s.last = mod
		if c.Name != "" {
			s.modules[c.Name] = mod
		}
		return "loaded", nil
	case "assert_malformed", "assert_invalid", "assert_unlinkable", "assert_uninstantiable":
		if c.ModuleType == "text" {
			return "text", nil
		}
		mod, err := s.load(t, read(), "")
		if err == nil {
			_ = mod.Close(t.Context())
			return "loaded", nil
		}
		return "refused", nil
	case "assert_return", "action", "assert_trap", "assert_exhaustion":
		return s.act(t, c)
	case "register":
		return "", nil
	}
	return "", fmt.Errorf("unknown command %s", c.Type)
}

func (s *specRun) act(t *testing.T, c *specCommand) (string, error) {
	m := s.last
	if c.Action.Module != "" {
		m = s.modules[c.Action.Module]
	}
	if m == nil {
		return "no module", nil
	}
	if c.Action.Type == "get" {
		g := m.ExportedGlobal(c.Action.Field)
		if g == nil {
			return "", fmt.Errorf("there is no global %q", c.Action.Field)
		}
		return c.judge([]uint64{g.Get()})
	}
	f := m.ExportedFunction(c.Action.Field)
	if f == nil {
		return "", fmt.Errorf("there is no function %q", c.Action.Field)
	}
	for g, v := range s.budgets {
		g.Set(v)
	}
	var args []uint64
	for _, a := range c.Action.Args {
		words, err := a.words()
		if err != nil {
			return "", err
		}
		args = append(args, words...)
	}
	results, err := f.Call(t.Context(), args...)
	if err != nil {
		if c.Type == "assert_return" || c.Type == "action" {
			return "", err
		}
		if c.Type == "assert_exhaustion" {
			return "exhausted", nil
		}
		reason, _, _ := strings.Cut(err.Error(), "\n")
		return "trap: " + reason, nil
	}
	if c.Type != "assert_return" && c.Type != "action" {
		return "", fmt.Errorf("it does not trap")
	}
	for i, typ := range f.Definition().ResultTypes() { // a reference's bits are an address
		if len(c.Expected) > i && typ == 0x70 && results[i] != 0 {
			results[i] = 1
		}
	}
	return c.judge(results)
}

func (c *specCommand) judge(results []uint64) (string, error) {
	if c.Type == "assert_return" {
		rest := results
		for _, v := range c.Expected {
			var ok bool
			var err error
			if rest, ok, err = v.matches(rest); err != nil || !ok {
				return "", fmt.Errorf("the result is %x, expected %s %s (%v)", results, v.Type, v.Value, err)
			}
		}
	}
	return fmt.Sprintf("%x", results), nil
}

func specDir(t testing.TB) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
}

// TestCoreSuite runs every command of the suite with and without metering.
func TestCoreSuite(t *testing.T) {
	dir := specDir(t)
	host, err := os.ReadFile(filepath.Join(dir, "testdata", "spectest.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, version := range []string{"v1", "v2"} {
		files, err := filepath.Glob(filepath.Join(dir, version, "testdata", "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files: %v", err)
		}
		for _, file := range files {
			t.Run(version+"/"+strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				total += runSpecFile(t, file, host)
			})
		}
	}
	t.Logf("%d commands", total)
}

func runSpecFile(t *testing.T, file string, host []byte) int {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var base struct{ Commands []specCommand }
	if err := json.Unmarshal(raw, &base); err != nil {
		t.Fatal(err)
	}
	runs := [2]*specRun{}
	for i := range runs {
		s := &specRun{dir: filepath.Dir(file), meter: i == 1, modules: map[string]api.Module{}, budgets: map[api.MutableGlobal]uint64{}, runtime: newRuntime(t, &clock{})}
		if _, err := s.load(t, host, "spectest"); err != nil {
			t.Fatal(err)
		}
		runs[i] = s
	}
	for i := range base.Commands {
		c := &base.Commands[i]
		register := ""
		if c.Type == "module" && i+1 < len(base.Commands) && base.Commands[i+1].Type == "register" {
			register = base.Commands[i+1].As
		}
		plain, plainErr := runs[0].do(t, c, register)
		metered, err := runs[1].do(t, c, register)
		switch {
		case plainErr == nil && err != nil:
			t.Errorf("line %d: %s: metered: %v", c.Line, c.Type, err)
		case plainErr != nil && err == nil:
			t.Errorf("line %d: %s: only unmetered: %v", c.Line, c.Type, plainErr)
		case plain != metered && !(c.ModuleType != "" && plain == "loaded"): // the engine may be lenient, the rewriter need not
			t.Errorf("line %d: %s: %q unmetered, %q metered", c.Line, c.Type, plain, metered)
		}
	}
	return len(base.Commands)
}
