package lab

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"html"
	"math/big"
	"net/http"
	"time"
)

// Paths of the plain HTTP server. Issued certificates point to them.
const (
	crlPath    = "/lab.crl"
	issuerPath = "/issuer.cer"
)

// plainHandler serves what clients must get without TLS (RFC 5280 4.2.1.13,
// 4.2.2.1): the CRL and the certificate of the issuer. It also has a home page.
func (l *Lab) plainHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+crlPath, func(w http.ResponseWriter, _ *http.Request) {
		crl, err := l.revocationList()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/pkix-crl")
		_, _ = w.Write(crl) // the client may have hung up
	})
	mux.HandleFunc("GET "+issuerPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pkix-cert")
		_, _ = w.Write(l.ca.issuer.certificate.Raw)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!DOCTYPE html>\n<title>nfcert lab</title>\n<p>%s.</p>\n<p>ACME directory: <code>%s</code></p>\n",
			html.EscapeString(Notice), html.EscapeString(l.DirectoryURL()))
	})
	return mux
}

// revocationList signs the current CRL (RFC 5280 5).
func (l *Lab) revocationList() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.crlNumber++
	list := &x509.RevocationList{
		Number:     big.NewInt(l.state.crlNumber),
		ThisUpdate: l.now().Add(-backdate),
		NextUpdate: l.now().Add(24 * time.Hour),
	}
	for _, c := range l.state.serials {
		if c.revoked.IsZero() {
			continue
		}
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: c.leaf.SerialNumber, RevocationTime: c.revoked, ReasonCode: c.reason,
		})
	}
	crl, err := x509.CreateRevocationList(rand.Reader, list, l.ca.issuer.certificate, l.ca.issuer.key)
	if err != nil {
		return nil, fmt.Errorf("signing the CRL: %w", err)
	}
	return crl, nil
}
