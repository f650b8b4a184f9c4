package acmewire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// suites are those of TLS 1.2 that are spoken: ephemeral key exchange and an
// AEAD, as RFC 9113 9.2.2 leaves them, to whose restrictions TS 33.501 13.1.0
// adds those of TS 33.210 6.2. Those of TLS 1.3 are all of that kind.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// AskedClient is what a server said when it asked for a client certificate.
type AskedClient struct {
	CAs   []string          // subjects of the issuers that it takes; none: it does not say
	Shown *x509.Certificate // what it was shown; nil: there is none
}

// base is the transport to one host. Each host has its own, as a pin is
// verified with the host's name, which TLS does not tell when it is an address.
func (w *Wire) base(host string) http.RoundTripper {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bases[host] == nil {
		w.bases[host] = w.newTransport(w.tlsConfig(host))
	}
	return w.bases[host]
}

// tlsConfig is how the server at host is spoken with and trusted.
func (w *Wire) tlsConfig(host string) *tls.Config {
	c := &tls.Config{
		MinVersion:           tls.VersionTLS12, // TS 33.210 6.2.1: no older one
		CipherSuites:         suites(),
		RootCAs:              w.cfg.Roots,
		GetClientCertificate: w.clientCertificate,
	}
	if pin := w.cfg.Pin; pin != nil {
		c.InsecureSkipVerify = true // verifyPin verifies, before anything is sent
		c.VerifyConnection = func(s tls.ConnectionState) error {
			return w.verifyPin(*pin, host, s.PeerCertificates)
		}
	}
	return c
}

// clientCertificate shows what the user named, whatever issuers the server
// lists: some list too few. Without any the server decides.
func (w *Wire) clientCertificate(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	told := &AskedClient{CAs: distinguishedNames(asked.AcceptableCAs)}
	out := w.cfg.Certificate
	if out == nil {
		out = &tls.Certificate{}
	} else if told.Shown = out.Leaf; told.Shown == nil && len(out.Certificate) > 0 {
		told.Shown, _ = x509.ParseCertificate(out.Certificate[0])
	}
	unlisted := ""
	if err := asked.SupportsCertificate(out); err != nil && told.Shown != nil {
		unlisted = fmt.Sprintf("%s: %v", told.Shown.Issuer, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked, w.unlisted = told, unlisted
	return out, nil
}

// distinguishedNames words names; those that are damaged are left out.
func distinguishedNames(list [][]byte) (names []string) {
	for _, der := range list {
		var rdn pkix.RDNSequence
		if rest, err := asn1.Unmarshal(der, &rdn); err == nil && len(rest) == 0 {
			names = append(names, rdn.String())
		}
	}
	return names
}

// verifyPin trusts a chain by the one certificate that the pin is of: the
// server's own, or one that issued it. Name and validity are checked as ever.
func (w *Wire) verifyPin(pin Pin, host string, chain []*x509.Certificate) error {
	untrusted := func(err error) error {
		return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
	}
	found := pin.find(slices.Concat(chain, w.cfg.PinRoots))
	if found == nil {
		return untrusted(&PinError{Pin: pin})
	}
	o := x509.VerifyOptions{DNSName: host, Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	o.Roots.AddCert(found)
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(o); err != nil {
		return untrusted(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pinned = found
	return nil
}

// Pinned is the certificate that the pin was of; nil: none was met yet.
func (w *Wire) Pinned() *x509.Certificate {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pinned
}

// Connection is what was agreed on with the server that answered last; nil: none
// has.
func (w *Wire) Connection() *tls.ConnectionState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.connection
}

// Asked is how a server asked for a client certificate; nil: none did.
func (w *Wire) Asked() *AskedClient {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// newTransport has a limit for every way in which a server can keep silent.
func (w *Wire) newTransport(tlsConfig *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:            w.dial,
		Proxy:                  w.proxyOf,
		OnProxyConnectResponse: proxyAnswered,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  60 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// dial connects to an address, or to the one that the configuration has for it.
func (w *Wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 10 * time.Second}
	if to := w.cfg.Resolve[strings.ToLower(address)]; to != "" {
		address = to
	}
	return dialer.DialContext(ctx, network, address)
}

// Offer is the best that a server offered which is spoken with by nobody who
// follows the standards.
type Offer struct {
	Version     string // as in TLS 1.1
	CipherSuite string // IANA's name
	Old         bool   // the version is the fault, not the suite
}

// offered finds out what a server has that ended a handshake without a word on
// why: it is asked for anything, and left when it has chosen. Nothing is sent.
// nil: it chose well, or nothing.
func (w *Wire) offered(req *http.Request) *Offer {
	var best *Offer
	enough := errors.New("enough")
	config := &tls.Config{MinVersion: tls.VersionTLS10, InsecureSkipVerify: true, ServerName: req.URL.Hostname()}
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		config.CipherSuites = append(config.CipherSuites, s.ID)
	}
	config.VerifyConnection = func(s tls.ConnectionState) error {
		o := &Offer{tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite), s.Version < tls.VersionTLS12}
		if o.Old || s.Version == tls.VersionTLS12 && !slices.Contains(suites(), s.CipherSuite) {
			best = o
		}
		return enough
	}
	t := w.newTransport(config)
	defer t.CloseIdleConnections()
	ask, err := http.NewRequestWithContext(req.Context(), http.MethodHead, req.URL.String(), nil)
	if err != nil {
		return nil
	}
	if resp, err := t.RoundTrip(ask); err == nil {
		resp.Body.Close()
	}
	return best
}
