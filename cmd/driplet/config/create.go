package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/driplet/driplet/core/auth"
)

// first is the file that a new installation starts with.
const first = `# Driplet's configuration. Letter case of keys makes no difference.
# Show everything that can be set, with its value:  driplet config check
# The environment beats this file: DRIPLET_GLOBAL_PORT=4720

[Global]
BindAddress = "127.0.0.1"       # "0.0.0.0" listens on every address
Port = 4719
# DataDir = "/var/lib/driplet"  # without it everything is kept in memory
# PluginDir = "plugins"         # plugins of your own: .wasm files and manifests, reloaded when they change
# AdminToken = "…"              # lets 'driplet plugin push' in, on 127.0.0.1:4720: openssl rand -hex 32

# An endpoint is a tenant: it has its own secrets, topics and clients.
# Clients connect to /ws/default, backends publish to /api/default/message.
[Endpoints.default]
# The backend signs what it publishes with this. Keep it on the server.
APISecret = "%s"
# The backend signs its users' tokens with this. Keep it on the server.
JWTSecret = "%s"
# New secrets, without a break for those in use:  driplet secrets rotate
# AllowedOrigins = ["https://example.com"]  # the sites whose pages may connect; without it any
# Plugins = ["chat"]                        # in the binary: chat, analytics, moodle
`

// Create writes a first configuration to path, with random secrets and for its
// owner's eyes alone (0600), unless a file is there. The error is for the
// user.
func Create(path string) (created bool, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err == nil {
		_, err = fmt.Fprintf(f, first, auth.NewSecret(), auth.NewSecret())
		err = errors.Join(err, f.Sync(), f.Close())
		if err == nil {
			return true, nil
		}
		os.Remove(path)
	}
	return false, fmt.Errorf("%s does not exist and cannot be written: %w. Name a configuration with -config, or make the folder %s writable", path, reason(err), filepath.Dir(path))
}

// reason strips the operation and path off an error that repeats them.
func reason(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
