package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
)

// writeCertificate makes one for 127.0.0.1 with this serial number.
func writeCertificate(t *testing.T, folder string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"key.pem": {Type: "PRIVATE KEY", Bytes: secret}, "cert.pem": {Type: "CERTIFICATE", Bytes: der},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The time of a file may be as coarse as a second.
	at := time.Now().Add(time.Duration(serial) * time.Minute)
	if err := os.Chtimes(filepath.Join(folder, "cert.pem"), at, at); err != nil {
		t.Fatal(err)
	}
}

func TestTLS(t *testing.T) {
	folder := t.TempDir()
	g := &config.Global{BindAddress: "127.0.0.1", TLSCertificate: filepath.Join(folder, "cert.pem"), TLSKey: filepath.Join(folder, "key.pem")}
	if got := g.URL(); got != "https://127.0.0.1:0" {
		t.Errorf("commands would ask %s", got)
	}
	if _, err := listen(context.Background(), g, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "Global.TLSCertificate") {
		t.Errorf("without its files: %v", err)
	}
	writeCertificate(t, folder, 1)
	listeners, err := listen(context.Background(), g, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l := listeners[0]
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				c.(*tls.Conn).Handshake()
				c.Close()
			}()
		}
	}()
	serial := func() string {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return fmt.Sprint(c.ConnectionState().PeerCertificates[0].SerialNumber)
	}
	if got := serial(); got != "1" {
		t.Errorf("certificate %s", got)
	}
	writeCertificate(t, folder, 2)
	if got := serial(); got != "2" {
		t.Errorf("after it was renewed: certificate %s", got)
	}
	os.WriteFile(filepath.Join(folder, "cert.pem"), []byte("half writ"), 0o600)
	if got := serial(); got != "2" {
		t.Errorf("while it is being written: certificate %s", got)
	}
}

// A whole server behind TLS: who publishes to it and who listens.
func TestServeTLS(t *testing.T) {
	folder := t.TempDir()
	writeCertificate(t, folder, 1)
	cert := filepath.Join(folder, "cert.pem")
	paths := fmt.Sprintf("TLSCertificate = %q\nTLSKey = %q\n", cert, filepath.Join(folder, "key.pem"))
	dir, _ := startServer(t, strings.Replace(measured, "[Global]\n", "[Global]\n"+paths, 1))
	args := []string{"bench", "-endpoint", "default", "-json", "-connections", "20", "-duration", "1s", "-window", "4"}
	if r := execute(t, program(dir, []string{"SSL_CERT_FILE=" + cert}, args...)); r.code != 0 || !strings.Contains(r.out, `"lost":0`) {
		t.Errorf("exit %d, stdout %q, stderr %q", r.code, r.out, r.err)
	}
	if r := execute(t, program(dir, nil, args...)); r.code != 1 || !strings.Contains(r.err, "certificate") {
		t.Errorf("without the certificate: exit %d, stdout %q, stderr %q", r.code, r.out, r.err)
	}
}
