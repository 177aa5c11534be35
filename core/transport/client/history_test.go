package client_test

import (
	"fmt"
	"testing"

	"github.com/driplet/driplet/core/transport/client"
)

func TestHistory(t *testing.T) {
	s, ctx := serve(t), within(t)
	frames := make(chan *client.Frame, 100)
	d := client.Dialer{Hear: func(_ *client.Conn, f *client.Frame) { frames <- f }}
	first, err := d.Dial(ctx, webSocket(s), s.User(7))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := first.Request(ctx, client.Request{Type: "subscribe", Topic: "kept.1"})
	if err != nil || reply.Epoch == "" || reply.Offset == nil || *reply.Offset != 0 || reply.Recovered != nil {
		t.Fatalf("%+v, %v", reply, err)
	}
	since := client.Position{Epoch: reply.Epoch}
	first.Abort()
	<-first.Done()
	for n := range 3 {
		s.Publish("kept.1", fmt.Sprint(n+1))
	}
	c, err := d.Dial(ctx, webSocket(s), s.User(7))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	reply, err = c.Request(ctx, client.Request{Type: "subscribe", Topic: "kept.1", Since: &since})
	if err != nil || reply.Recovered == nil || !*reply.Recovered || reply.Missed != 3 || *reply.Offset != 0 {
		t.Fatalf("%s, %v", reply.Raw, err)
	}
	for n := range 3 {
		if f := <-frames; string(f.Message) != fmt.Sprint(n+1) || f.Offset == nil || *f.Offset != uint64(n+1) {
			t.Fatalf("message %d is %s", n+1, f.Raw)
		}
	}
	since.Offset = 1
	page, err := c.Request(ctx, client.Request{Type: "history", Topic: "kept.1", Since: &since, Limit: 1})
	if err != nil || len(page.Messages) != 1 || page.Messages[0].Offset != 2 || !page.More || *page.Next != (client.Position{Epoch: since.Epoch, Offset: 2}) {
		t.Errorf("%s, %v", page.Raw, err)
	}
}
