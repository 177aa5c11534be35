//go:build !unix

package config

import "os"

// keepOwner does nothing where files have no owner to lose.
func keepOwner(*os.File, os.FileInfo) error { return nil }
