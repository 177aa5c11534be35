package plugin

// Unmetered lets guests run as they are.
func (o *Options) Unmetered() { o.unmetered = true }
