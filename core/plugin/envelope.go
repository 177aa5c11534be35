package plugin

import (
	"encoding/binary"
	"time"
)

// envelopeVersion is the only one there is; fields are only ever added.
const envelopeVersion = 1

// Input is one event as a module gets it: the fields of ABI.md, 3, in their
// order. Fields that its kind does not use stay empty.
type Input struct {
	Kind     Kind
	Event    string
	Topic    string
	Session  string
	User     string
	Request  string
	Claims   []byte // JSON
	Time     time.Time
	Data     []byte
	Account  string
	Endpoint string
	State    []byte
	Status   int32
	Headers  []byte // JSON
	Target   []byte // JSON
	Method   string // empty: not a request from outside
	Query    string
}

// fields is how many the event is sent with.
func (in *Input) fields() int {
	if in.Kind == KindHTTP && in.Method != "" {
		return requestFields
	}
	return fieldCounts[in.Kind]
}

// requestFields are those of a request from outside.
const requestFields = 16

// fieldCounts says how many fields each kind is sent with otherwise.
var fieldCounts = [...]int{KindConnect: 10, KindDisconnect: 10, KindSubscribe: 10, KindUnsubscribe: 10, KindMessage: 10, KindPublish: 14, KindTimer: 11, KindHTTP: 13}

// size is the length of the envelope in bytes.
func (in *Input) size() int {
	n := in.fields()
	size := 4 + 4*n + len(in.Event) + len(in.Topic) + len(in.Session) + len(in.User) + len(in.Request) +
		len(in.Claims) + 8 + len(in.Data) + len(in.Account) + len(in.Endpoint)
	if n > 10 {
		size += len(in.State)
	}
	if n > 11 {
		size += 4 + len(in.Headers)
	}
	if n > 13 {
		size += len(in.Target)
	}
	if n > 14 {
		size += len(in.Method) + len(in.Query)
	}
	return size
}

// AppendEnvelope writes the event to dst as a module gets it that does not look
// into its data.
func (in *Input) AppendEnvelope(dst []byte) []byte {
	dst, _ = in.append(dst)
	return dst
}

// append writes the event to dst, and tells where its data lies in it.
func (in *Input) append(dst []byte) (out []byte, data int) {
	n := in.fields()
	dst = appendField(appendHeader(dst, n), in.Event)
	dst = appendField(dst, in.Topic)
	dst = appendField(dst, in.Session)
	dst = appendField(dst, in.User)
	dst = appendField(dst, in.Request)
	dst = appendField(dst, in.Claims)
	dst = binary.LittleEndian.AppendUint32(dst, 8)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(in.Time.UnixMilli()))
	dst = appendField(dst, in.Data)
	data = len(dst) - len(in.Data)
	dst = appendField(dst, in.Account)
	dst = appendField(dst, in.Endpoint)
	if n > 10 {
		dst = appendField(dst, in.State)
	}
	if n > 11 {
		dst = binary.LittleEndian.AppendUint32(dst, 4)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(in.Status))
		dst = appendField(dst, in.Headers)
	}
	if n > 13 {
		dst = appendField(dst, in.Target)
	}
	if n > 14 {
		dst = appendField(dst, in.Method)
		dst = appendField(dst, in.Query)
	}
	return dst, data
}

func appendField[T string | []byte](dst []byte, field T) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(field)))
	if len(field) == 0 { // most are
		return dst
	}
	return append(dst, field...)
}

// appendHeader begins an envelope of so many fields.
func appendHeader(dst []byte, fields int) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, envelopeVersion)
	return binary.LittleEndian.AppendUint16(dst, uint16(fields))
}

// AppendEnvelope writes fields as an envelope to dst.
func AppendEnvelope(dst []byte, fields ...[]byte) []byte {
	dst = appendHeader(dst, len(fields))
	for _, f := range fields {
		dst = appendField(dst, f)
	}
	return dst
}

// envelope reads the fields of an envelope one after the other.
type envelope struct {
	rest []byte
	left int // fields still to come
}

// openEnvelope checks the header; an empty src is an envelope without fields.
func openEnvelope(src []byte) (envelope, bool) {
	if len(src) == 0 {
		return envelope{}, true
	}
	if len(src) < 4 || binary.LittleEndian.Uint16(src) != envelopeVersion {
		return envelope{}, false
	}
	return envelope{rest: src[4:], left: int(binary.LittleEndian.Uint16(src[2:]))}, true
}

// next is the next field, empty when there is none left; ok is false when the
// envelope ends within it.
func (e *envelope) next() (field []byte, ok bool) {
	if e.left == 0 {
		return nil, true
	}
	if field, e.rest, ok = cutField(e.rest); ok {
		e.left--
	}
	return field, ok
}

// cutField takes the first field off.
func cutField(src []byte) (field, rest []byte, ok bool) {
	if len(src) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.LittleEndian.Uint32(src)) + 4
	if n > uint64(len(src)) {
		return nil, nil, false
	}
	return src[4:n], src[n:], true
}

// ReadEnvelope reads all fields of an envelope.
func ReadEnvelope(src []byte) (fields [][]byte, ok bool) {
	e, ok := openEnvelope(src)
	for ok && e.left > 0 {
		var f []byte
		if f, ok = e.next(); ok {
			fields = append(fields, f)
		}
	}
	return fields, ok
}
