package lint

// Module is the project's import path.
const Module = "github.com/driplet/driplet"

// layers says which packages of the project a package may import; everybody
// may import core and core/metrics as well. A new package is entered here, and
// that is the moment to ask whether the arrow is right.
//
// An arrow to a folder with /... reaches everything below it. Test files may
// import whatever compiles.
var layers = map[string][]string{
	"core":                   {},
	"core/metrics":           {},
	"core/auth":              {},
	"core/target":            {},
	"core/wire":              {},
	"core/engine":            {},
	"core/dial":              {},
	"core/plugin/meter":      {},
	"core/plugin/lane":       {},
	"core/plugin":            {"core/dial", "core/plugin/lane", "core/plugin/meter"}, // node names it Hooks, it names node Services: they meet in cmd/driplet
	"core/plugin/cases":      {"core/plugin"},
	"core/callback":          {"core/dial"},
	"core/engine/local":      {"core/engine"},
	"core/engine/enginetest": {"core/engine"},
	"core/plugin/plugintest": {"core/plugin", "core/plugin/cases"},
	"core/hub":               {"core/target"},
	"core/node":              {"core/auth", "core/engine", "core/hub", "core/target"},
	"core/transport":         {"core/hub", "core/node", "core/wire"},
	"core/transport/client":  {"core/wire"}, // the other end: it knows the protocol, not the server
	"core/server":            {"core/auth", "core/node", "core/transport", "core/wire"},
	"core/internal/testkit":  {"core/..."},
	"core/internal/lint":     {},
	"core/programtest":       {},

	// Guests and clients know the server's protocol, not its code.
	"plugins/...":  {"plugins/pdk/..."},
	"sdk/...":      {},
	"examples/...": {"plugins/pdk/..."},

	// The only place that knows TOML, environment and flags; it fills core's
	// structs and asks auth which secrets are published.
	"cmd/driplet/config": {"core/auth"},
	"cmd/...":            {"core/...", "cmd/...", "plugins/...", "sdk/...", "examples/..."},
}

// forTests are packages that only tests may import.
var forTests = []string{"core/engine/enginetest", "core/plugin/plugintest", "core/internal/testkit", "core/programtest"}

// homes says where a foreign module may be imported, so that replacing it
// touches one package. The longest entry that fits decides. A module that is
// missing here may be imported nowhere.
var homes = map[string][]string{
	"github.com/tetratelabs/wazero":       {"core/plugin"},
	"github.com/golang-jwt/jwt":           {"core/auth"},
	"github.com/hashicorp/golang-lru":     {"core/auth", "core/target"},
	"github.com/lxzan/gws":                {"core/transport", "core/transport/client"},
	"github.com/gin-gonic/gin":            {"core/server"},
	"github.com/RaduBerinde/btreemap":     {"core/engine/local"}, // Pebble's own ordered map
	"github.com/cockroachdb/pebble":       {"core/engine/local"},
	"github.com/prometheus/client_golang": {"core/metrics"},
	"github.com/evanw/esbuild":            {"cmd/driplet/build/javascript"},
	"github.com/pelletier/go-toml":        {"cmd/driplet/config", "core/plugin"},
	"golang.org/x/":                       {"..."}, // Go's own second library
}

// testClients are modules that test code may use anywhere: the other end of a
// wire is best played by somebody else's code, and what rewrites WebAssembly is
// proved by what runs it.
var testClients = []string{"github.com/lxzan/gws", "github.com/tetratelabs/wazero"}

// vagueNames are package names that say nothing of what is inside.
var vagueNames = []string{
	"util", "utils", "common", "type", "types", "manager", "managers", "service", "services", "helper", "helpers", "misc",
}

// MaxLines bounds a file that is not a test: one concept a file.
const MaxLines = 400
