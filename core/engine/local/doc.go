// Package local is the engine of one process by itself, the default. Without
// a folder everything lives in memory; with one, an embedded Pebble store
// keeps what must outlast a restart: plugins' state, and the nonces that were
// spent.
//
// # History
//
// What topics keep lies in memory, up to HistoryBytes together: past it the
// topic that was published to the longest ago loses its oldest events first,
// whoever asks for them is told so (Past.Whole). A topic is known from its
// first kept event until an hour after its last one grew too old, or until
// memory is short; one that begins again, or anew, has another epoch.
//
// # What a folder promises
//
// Close writes and syncs everything. Between, a write has reached the disk
// (fsync) at the latest SyncInterval after it was made, as long as Run runs:
// plugins write too often for an fsync each. A crash of the process or of the
// machine loses at most that, always the newest, never half a call, and never
// the store. Nonces are written by Close only: after an unclean end requests
// stamped before the start are refused instead.
//
// One process at a time has the folder.
package local
