package client

import (
	"crypto/tls"
	"errors"
)

// Advice is what to look at when no connection came about, as a sentence.
func Advice(err error) string {
	var untrusted *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &untrusted):
		return "Does this machine trust who signed the server's certificate, and is the name the certificate's? SSL_CERT_FILE names another file of those it trusts."
	case errors.As(err, &plain):
		return "Does the server speak TLS there? Without it the URL begins with ws:// or http://."
	}
	return "Is the server running?"
}
