//go:build unix

package config

import (
	"os"
	"syscall"
)

// keepOwner gives f the owner of the file that it replaces: root may rotate
// the secrets of a server that runs as another user.
func keepOwner(f *os.File, like os.FileInfo) error {
	if s, ok := like.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		return f.Chown(int(s.Uid), int(s.Gid))
	}
	return nil
}
