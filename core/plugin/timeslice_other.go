//go:build !linux

package plugin

import "time"

// Elsewhere slices are the system's business.
func setTimeSlice(time.Duration) {}
