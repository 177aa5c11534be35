package programtest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Port is a port of this machine that nobody listens on, for a program that must
// be told its port, or comes back on the same one. It is below those that
// systems give to whoever connects or asks for any (from 32768 on Linux, from
// 49152 by RFC 6335): so nobody gets it before that program, nor while it is
// away.
func Port(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(12_000 + rand.IntN(18_000))
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		l.Close()
		return port
	}
	t.Fatal("no port is free")
	return ""
}
