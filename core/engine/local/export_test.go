package local

// Tick does what Run does every second, and what it does every tenth.
func Tick(e *Engine) { e.tick(true) }
