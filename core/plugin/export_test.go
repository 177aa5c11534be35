package plugin

// Modules is how many versions of plugins are not closed.
func (h *Host) Modules() int64 { return h.open.Load() }
