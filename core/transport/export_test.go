package transport

// SetHeartbeat makes pings, and silence that counts as death, seconds apart.
func (t *WebSockets) SetHeartbeat(ping, silence int64) { t.ping, t.silence = ping, silence }

// Asking is how many connections Front waits for where it ends.
func (f *Front) Asking() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, silent := range f.own {
		if !silent {
			n++
		}
	}
	return n
}
