//go:build !linux

package plugin

import "context"

// Elsewhere guests' memory is in Go's heap.
func withLinearMemory(ctx context.Context) context.Context { return ctx }
