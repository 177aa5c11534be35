package transport

// SetHeartbeat makes pings, and silence that counts as death, seconds apart.
func (t *WebSockets) SetHeartbeat(ping, silence int64) { t.ping, t.silence = ping, silence }
