package local

import (
	"encoding/binary"

	"github.com/driplet/driplet/core"
)

// Further letters of the store's keys, see keys.go:
//
//	t <topic>            -> what is known of a topic, see head_codec.go
//	h <topic> <offset>   -> an event that it keeps, see event_codec.go
//	d <due> <topic>      -> nothing: when the topic is to be looked at (unix nanoseconds)
//	g <bucket>           -> how many topics of it were forgotten, see epochs.go
//	m …                  -> the base of epochs, and the mark of a clean end, see rebase.go
//	i <minute> <digest>  -> an idempotency record, see records_stored.go
//
// A topic is written as two texts, each with its length before it, so none is
// the beginning of another. Numbers are big endian.
const (
	headPrefix   = 't'
	eventPrefix  = 'h'
	duePrefix    = 'd'
	bucketPrefix = 'g'
	metaPrefix   = 'm'
	recordPrefix = 'i'
)

const offsetBytes = 8

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendTopic(dst []byte, k core.TopicKey) []byte {
	return appendText(appendText(dst, k.Endpoint), k.Topic)
}

func headKey(k core.TopicKey) []byte { return appendTopic([]byte{headPrefix}, k) }

// eventKeys is what all keys of a topic's events begin with.
func eventKeys(k core.TopicKey) []byte { return appendTopic([]byte{eventPrefix}, k) }

func eventKey(k core.TopicKey, offset uint64) []byte {
	return binary.BigEndian.AppendUint64(eventKeys(k), offset)
}

// offsetOf reads the end of an event's key, whose beginning is known.
func offsetOf(key []byte) uint64 {
	return binary.BigEndian.Uint64(key[len(key)-offsetBytes:])
}

func dueKey(due int64, k core.TopicKey) []byte {
	return appendTopic(binary.BigEndian.AppendUint64([]byte{duePrefix}, uint64(due)), k)
}

// parseDue reads what dueKey wrote.
func parseDue(key []byte) (due int64, k core.TopicKey, ok bool) {
	if len(key) < 1+expiryBytes {
		return 0, k, false
	}
	due = int64(binary.BigEndian.Uint64(key[1:]))
	r := reader{rest: key[1+expiryBytes:]}
	k = core.TopicKey{Endpoint: r.text(), Topic: r.text()}
	return due, k, r.done()
}

func bucketKey(bucket uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{bucketPrefix}, bucket)
}
