package plugin

// Modules is how many versions of plugins are not closed.
func (h *Host) Modules() int64 { return h.open.Load() }

// InLane is how many instances are in the lane.
func (h *Host) InLane() int { return h.lane.Taken() }
