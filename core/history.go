package core

import "time"

// History says what a topic keeps of its events for those who come later. The
// zero History keeps nothing: its events have no Position.
type History struct {
	Size int           // events at most; 0: none
	Age  time.Duration // how long each is kept; 0: until newer ones push it out
	Sync Sync
}

// Sync says when a kept event has reached the disk, where the engine has one.
type Sync uint8

// Together with others, within a second or so; or before its publish is answered and
// anybody hears it.
const (
	SyncBatch Sync = iota
	SyncAlways
)

// Past is what a topic kept, as it was read.
type Past struct {
	Head   Position // of the newest event that was ever kept, still kept or not
	Events []*Event // oldest first, positions growing
	Whole  bool     // from the position asked for to the last of Events nothing is missing
	More   bool     // the topic keeps newer ones than the last of Events
}
