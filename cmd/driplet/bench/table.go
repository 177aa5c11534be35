package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteTable writes the result for people.
func (res *Result) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("server", "%s", res.Server)
	row("mode", "%s", res.describe())
	c := &res.Connect
	row("connections", "%s of %s, %s/s, in %.2f s", count(c.Opened), count(int64(c.Asked)), count(int64(c.PerSecond)), c.Seconds)
	row("connect, subscribe", "%s", c.Latency.row())
	if res.Mode != "connect" {
		res.measurement(row)
	}
	row("closed", "%s", counts(res.Closed))
	row("errors", "%s", counts(res.Errors))
	row("client CPU", "%.2f s of %d CPUs, which the server shares if it runs here", res.ClientCPU, res.CPUs)
	if err := t.Flush(); err != nil {
		return err
	}
	var b strings.Builder
	res.drawHistogram(&b)
	res.remarks(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (res *Result) describe() string {
	pace := fmt.Sprintf("%g a second", res.Rate)
	if res.Window > 0 {
		pace = fmt.Sprintf("%s under way", count(int64(res.Window)))
	}
	switch res.Mode {
	case "connect":
		return "connect only"
	case "events":
		return "events to a plugin and back, " + pace
	case "targeted":
		return fmt.Sprintf("messages of %d bytes to one user each, %s", res.Size, pace)
	}
	return fmt.Sprintf("messages of %d bytes to all of a topic (%s, %s), %s",
		res.Size, several(res.Topics, "topic"), several(res.Publishers, "publisher"), pace)
}

func (res *Result) measurement(row func(name, format string, args ...any)) {
	sent, arrived := "published", "deliveries"
	if res.Mode == "events" {
		sent, arrived = "events sent", "answers"
	}
	d := &res.Deliveries
	row(sent, "%s, %s/s, in %.2f s", count(res.Sent.Count), count(int64(res.Sent.PerSecond)), res.Sent.Seconds)
	if res.Mode != "events" {
		row("publish answered", "%s", res.Answer.row())
	}
	row(arrived, "%s of %s, %s/s", count(d.Arrived), count(d.Due), count(int64(d.PerSecond)))
	row("latency", "%s", res.Latency.row())
	row("lost", "%s", count(d.Lost))
	row("cut by closing", "%s", count(d.Cut))
	row("duplicates", "%s", count(d.Duplicates))
	row("out of order", "%s", count(d.OutOfOrder))
	if res.Mode == "targeted" {
		row("to somebody else", "%s", count(d.Misdirected))
	}
	perSecond := 0.0
	if d.Seconds > 0 {
		perSecond = float64(d.Bytes) / d.Seconds
	}
	row("received", "%s, %s/s, %.1f at a time", size(float64(d.Bytes)), size(perSecond), d.PerRead)
}

func (l *Latency) row() string {
	if l.Count == 0 {
		return "-"
	}
	ms := func(v float64) string { return milliseconds(time.Duration(v * 1e6)) }
	return fmt.Sprintf("p50 %s   p90 %s   p99 %s   p99.9 %s   max %s", ms(l.P50), ms(l.P90), ms(l.P99), ms(l.P999), ms(l.Max))
}

// barWidth is the longest bar of the histogram.
const barWidth = 50

func (res *Result) drawHistogram(b *strings.Builder) {
	if len(res.Histogram) == 0 {
		return
	}
	most := slices.MaxFunc(res.Histogram, func(x, y Bar) int { return int(int64(x.Count) - int64(y.Count)) }).Count
	b.WriteString("\nlatency up to\n")
	for _, bar := range res.Histogram {
		length := int((bar.Count*barWidth + most - 1) / most)
		fmt.Fprintf(b, "%10g ms  %-*s %s\n", bar.UpToMS, barWidth, strings.Repeat("#", length), count(int64(bar.Count)))
	}
}

// remarks are the server's own texts, and what to do about them.
func (res *Result) remarks(b *strings.Builder) {
	if res.Interrupted {
		b.WriteString("\nInterrupted: this is what was measured until then.\n")
	}
	if res.Connect.Refusal != "" {
		fmt.Fprintf(b, "\nNo more connections: %s%s\n", res.Connect.Refusal, res.Connect.Hint)
	}
	for _, text := range res.Texts {
		fmt.Fprintf(b, "\nThe server said: %s\n", text)
	}
	for _, h := range res.Hints {
		fmt.Fprintf(b, "%s\n", h)
	}
	if planned := res.Rate * res.Sent.Seconds; res.Mode != "connect" && res.Rate > 0 && float64(res.Sent.Count) < planned*0.95-1 {
		fmt.Fprintf(b, "\nThe rate was out of reach: %.0f messages or events were planned. Try more -publishers, or -window.\n", planned)
	}
}

func counts(m map[string]int) string {
	if len(m) == 0 {
		return "0"
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s: %s", key, count(int64(m[key]))))
	}
	return strings.Join(parts, ", ")
}

func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(int64(n)) + " " + what + "s"
}

// count writes 81204 as 81,204.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func milliseconds(d time.Duration) string {
	ms := float64(d) / 1e6
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.3g ms", ms)
}

func size(bytes float64) string {
	for _, unit := range []string{"B", "KiB", "MiB"} {
		if bytes < 1024 {
			return fmt.Sprintf("%.4g %s", bytes, unit)
		}
		bytes /= 1024
	}
	return fmt.Sprintf("%.4g GiB", bytes)
}
