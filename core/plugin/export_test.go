package plugin

// Unmetered lets guests run as they are.
func (o *Options) Unmetered() { o.unmetered = true }

// Modules is how many versions of plugins are not closed.
func (h *Host) Modules() int64 { return h.open.Load() }
