// Package local is the engine of one process by itself, the default. Without
// a folder everything lives in memory; with one, an embedded Pebble store
// keeps what must outlast a restart: plugins' state, what topics keep, and the
// nonces that were spent.
//
// # History
//
// What topics keep lies in memory, up to HistoryBytes together: past it the
// topic that was used the longest ago gives way, its oldest events first. With
// a folder they are then read from there; without one they are gone, and
// whoever asks for them is told so (Past.Whole). A topic is known from its
// first kept event until an hour after its last one grew too old (without a
// folder also until memory is short); one that begins again then has another
// epoch. Topics that are only read are not remembered.
//
// # What a folder promises
//
// Close writes and syncs everything. Between, a write has reached the disk
// (fsync) at the latest SyncInterval after it was made, as long as Run runs:
// plugins write too often for an fsync each. A crash of the process or of the
// machine loses at most that, always the newest, never half a call, and never
// the store. Nonces are written by Close only: after an unclean end requests
// stamped before the start are refused instead, and those of a credential up to
// the latest second that it had used, which is on the disk before it is used.
//
// So it is with what topics keep with core.SyncBatch; since some of it may have
// been heard and lost, such topics have another epoch after an unclean end.
// What is kept with core.SyncAlways is on the disk before anybody hears it and
// before Append returns, together with the append's idempotency record: a
// retry after a crash is known as one. Such topics keep their epoch.
//
// What is too old, or beyond a topic's size, is removed from the folder a
// little later than it is gone for readers. A start reads none of it: a topic
// is looked up when it is first used. What is found damaged is told in the log
// and given up: an event with those before it, or, where it is not known how
// far a topic had come, the topic, which begins anew in another epoch.
//
// One process at a time has the folder.
//
// # Where things are
//
// Append begins in append.go; place_stored.go and commit.go are its way where
// there is a folder. Read begins in read.go. Between them stand histories, with a
// topic and its ring each in memory, and the archive behind them. A space is one
// namespace's KV; nonces and records (of idempotency keys) are ageing tables. All
// of it shares one store, whose keys are listed in keys.go and history_keys.go.
package local
