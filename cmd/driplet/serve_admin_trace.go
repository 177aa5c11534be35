package main

import (
	"fmt"
	"slices"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
)

// traced is what the admin API answers of a plugin's last events.
type traced struct {
	Records []*cases.Record `json:"records"` // the oldest first
	New     bool            `json:"new"`     // nobody had looked lately: so far only failures were kept
	Lost    bool            `json:"lost"`    // some behind "after" had to go
	Watched int             `json:"watched"` // seconds for which everything is kept from now on
	Seq     uint64          `json:"seq"`     // the last number given out: below "after", the server has started anew
}

// tracedBytes bounds an answer: readers give up at twice that.
const tracedBytes = maxAnswer / 2

// Traces is server.Plugins'.
func (o operated) Traces(name, endpoint string, after uint64, last int) (any, error) {
	kept, ok := o.host.TracesOf(plugin.TraceQuery{Plugin: name, Endpoint: endpoint, After: after, Last: last})
	if !ok {
		where := "no endpoint"
		if endpoint != "" {
			where = fmt.Sprintf("no endpoint %.40q", endpoint)
		}
		return nil, core.Errorf(core.CodeNotFound, "%s has the plugin %.40q: GET /admin/plugins lists what serves, and where", where, name)
	}
	answer := traced{Records: []*cases.Record{}, New: kept.New, Lost: kept.Lost, Watched: int(plugin.WatchedFor.Seconds()), Seq: kept.Seq}
	size := 0
	for _, t := range slices.Backward(kept.Traces) {
		r := cases.NewRecord(t, o.mask)
		if size += len(jsonOf(r)); size > tracedBytes {
			answer.Lost = true
			break
		}
		answer.Records = append(answer.Records, r)
	}
	slices.Reverse(answer.Records)
	return answer, nil
}
