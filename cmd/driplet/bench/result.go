package bench

import (
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Result is what was measured. Durations are seconds or, named so,
// milliseconds.
type Result struct {
	Server      string         `json:"server"`
	Mode        string         `json:"mode"` // publish, targeted, events or connect
	Rate        float64        `json:"rate,omitempty"`
	Window      int            `json:"window,omitempty"`
	Publishers  int            `json:"publishers,omitempty"`
	Size        int            `json:"size"`
	Topics      int            `json:"topics"`
	Connect     Connect        `json:"connect"`
	Sent        Sent           `json:"sent"`
	Deliveries  Deliveries     `json:"deliveries"`
	Latency     Latency        `json:"latency"`
	Answer      Latency        `json:"answer"` // of the API to a publish
	Histogram   []Bar          `json:"histogram"`
	Closed      map[string]int `json:"closed"` // by close code
	Errors      map[string]int `json:"errors"` // by code
	Texts       []string       `json:"texts"`  // the server's own
	Hints       []string       `json:"hints"`
	ClientCPU   float64        `json:"client_cpu_seconds"`
	CPUs        int            `json:"cpus"` // of this machine
	Interrupted bool           `json:"interrupted"`
}

// Connect is the first phase: connections that were opened and subscribed.
type Connect struct {
	Asked     int     `json:"asked"`
	Opened    int64   `json:"opened"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
	Latency   Latency `json:"latency"`           // until subscribed
	Refusal   string  `json:"refusal,omitempty"` // why there are not more
	Hint      string  `json:"hint,omitempty"`
}

// Sent counts messages that the API took, or events.
type Sent struct {
	Count     int64   `json:"count"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
}

// Deliveries counts what arrived: a message once for each connection, or the
// answer to an event.
type Deliveries struct {
	Due         int64   `json:"due"`
	Arrived     int64   `json:"arrived"`
	Seconds     float64 `json:"seconds"`
	PerSecond   float64 `json:"per_second"`
	Lost        int64   `json:"lost"`
	Cut         int64   `json:"cut"` // not due any more: the connection was closed
	Duplicates  int64   `json:"duplicates"`
	OutOfOrder  int64   `json:"out_of_order"`
	Misdirected int64   `json:"misdirected"` // heard by somebody else than the addressee
	Bytes       int64   `json:"bytes"`       // with the headers of WebSocket frames
	PerRead     float64 `json:"per_read"`    // that came together
}

// Latency is a distribution, in milliseconds; at most 3% too long.
type Latency struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	Max   float64 `json:"max_ms"`
}

func newResult(p *Plan) *Result {
	mode := "publish"
	switch {
	case p.Duration == 0:
		mode = "connect"
	case p.Event != "":
		mode = "events"
	case p.Targeted:
		mode = "targeted"
	}
	return &Result{
		Server: p.WebSocket, Mode: mode, Rate: p.Rate, Window: p.Window, Publishers: p.Publishers, Size: p.Size, Topics: p.Topics,
		Connect: Connect{Asked: p.Connections}, Histogram: []Bar{}, CPUs: runtime.NumCPU(),
		Closed: map[string]int{}, Errors: map[string]int{}, Texts: []string{}, Hints: []string{},
	}
}

func (res *Result) connected(opened int64, took time.Duration, h *histogram) {
	res.Connect.Opened = opened
	res.Connect.Seconds = took.Seconds()
	res.Connect.PerSecond = rate(opened, took)
	res.Connect.Latency = summary(h)
}

func (res *Result) measured(r *run, due, gone, missing int64, sending, all time.Duration) {
	total := r.total()
	sent := r.sent.Load()
	res.Sent = Sent{Count: sent, Seconds: sending.Seconds(), PerSecond: rate(sent, sending)}
	res.Deliveries = Deliveries{
		Due: due, Arrived: total.arrived, Seconds: all.Seconds(), PerSecond: rate(total.arrived, all),
		Lost: missing, Cut: gone, Duplicates: total.duplicates, OutOfOrder: total.disordered,
		Misdirected: total.misdirected, Bytes: total.bytes,
	}
	if total.reads > 0 {
		res.Deliveries.PerRead = float64(total.arrived) / float64(total.reads)
	}
	res.Latency = summary(&total.latency)
	res.Histogram = total.latency.bars()
	if r.plan.Event == "" {
		res.Answer = summary(&r.answers)
	}
}

// report adds what the server said and did.
func (r *run) report(res *Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for code, n := range r.closed {
		res.Closed[strconv.Itoa(int(code))] = n
	}
	for code, n := range r.errors {
		res.Errors[string(code)] = n
	}
	res.Texts = append(res.Texts, r.texts...)
	seen := map[string]bool{}
	for _, text := range r.texts {
		if h := hint(&r.plan, text); h != "" && !seen[h] {
			seen[h] = true
			res.Hints = append(res.Hints, strings.TrimSpace(h))
		}
	}
}

// OK reports whether everything that was asked for has happened.
func (res *Result) OK() bool {
	d := &res.Deliveries
	asked := res.Connect.Opened == int64(res.Connect.Asked) || res.Interrupted
	return asked && d.Lost+d.Cut+d.Duplicates+d.OutOfOrder+d.Misdirected == 0 && len(res.Errors)+len(res.Closed) == 0
}

func summary(h *histogram) Latency {
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	return Latency{
		Count: h.total, P50: ms(h.quantile(.5)), P90: ms(h.quantile(.9)), P99: ms(h.quantile(.99)),
		P999: ms(h.quantile(.999)), Max: ms(time.Duration(h.max)),
	}
}

func rate(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

func perSecond(n int64, d time.Duration) int64 { return int64(rate(n, d)) }
