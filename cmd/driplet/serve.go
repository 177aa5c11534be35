package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/driplet/driplet/cmd/driplet/config"
)

// serve runs the server until ctx ends.
func serve(ctx context.Context, cfg *config.Config, log *slog.Logger, stdout io.Writer) error {
	fmt.Fprintf(stdout, "driplet listens on %s\n", cfg.Global.Addresses()[0])
	<-ctx.Done()
	return nil
}
