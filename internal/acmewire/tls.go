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

// suites returns the permitted cipher suites of TLS 1.2: ephemeral key exchange
// and an AEAD, as in RFC 9113 9.2.2; TS 33.501 13.1.0 adds the restrictions of TS
// 33.210 6.2. All cipher suites of TLS 1.3 qualify.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// ClientCertRequest is a server's request for a client certificate.
type ClientCertRequest struct {
	CAs   []string          // subjects of the issuers that the server accepts; empty if it does not say
	Shown *x509.Certificate // the certificate that was sent; nil if there is none
}

// transport returns the transport to one host. Each host has its own, because a
// pin is verified with the host's name, which TLS does not pass on if it is an
// address.
func (w *Wire) transport(host string) http.RoundTripper {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.transports[host] == nil {
		w.transports[host] = w.newTransport(w.tlsConfig(host))
	}
	return w.transports[host]
}

// tlsConfig returns how to connect to the server at host and trust it.
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

// clientCertificate sends the user's certificate, whatever issuers the server
// lists ([DevClientCertificateIssuers]). Without one the server decides.
func (w *Wire) clientCertificate(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	request := &ClientCertRequest{CAs: distinguishedNames(asked.AcceptableCAs)}
	out := w.cfg.Certificate
	if out == nil {
		out = &tls.Certificate{}
	} else if request.Shown = out.Leaf; request.Shown == nil && len(out.Certificate) > 0 {
		request.Shown, _ = x509.ParseCertificate(out.Certificate[0])
	}
	unlisted := ""
	if err := asked.SupportsCertificate(out); err != nil && request.Shown != nil {
		unlisted = fmt.Sprintf("%s: %v", request.Shown.Issuer, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.certRequest, w.unlisted = request, unlisted
	return out, nil
}

// distinguishedNames decodes names and skips damaged ones.
func distinguishedNames(list [][]byte) (names []string) {
	for _, der := range list {
		var rdn pkix.RDNSequence
		if rest, err := asn1.Unmarshal(der, &rdn); err == nil && len(rest) == 0 {
			names = append(names, rdn.String())
		}
	}
	return names
}

// verifyPin trusts a chain that contains the pinned certificate: the server's own,
// or an issuer of it. Name and validity are checked as always.
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

// Pinned returns the certificate that the pin matched; nil if there is none yet.
func (w *Wire) Pinned() *x509.Certificate {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pinned
}

// Connection returns the TLS state of the latest answer; nil if there is none.
func (w *Wire) Connection() *tls.ConnectionState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.connection
}

// ClientCertRequest returns the server's request for a client certificate; nil if
// it made none.
func (w *Wire) ClientCertRequest() *ClientCertRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.certRequest
}

// newTransport has a limit for every stage at which a server can stop answering.
func (w *Wire) newTransport(tlsConfig *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:            w.dial,
		Proxy:                  w.proxyOf,
		OnProxyConnectResponse: proxyAnswered,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  60 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    maxNonces, // one connection for each request that may be under way
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// dial connects to an address, or to its replacement in the configuration.
func (w *Wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 10 * time.Second}
	if to := w.cfg.Resolve[strings.ToLower(address)]; to != "" {
		address = to
	}
	return dialer.DialContext(ctx, network, address)
}

// Offer is the best TLS version or cipher suite of a server that the standards
// do not permit.
type Offer struct {
	Version     string // as in TLS 1.1
	CipherSuite string // IANA's name
	Old         bool   // the version is too old; else the suite is not permitted
}

// offered finds out why a server ended a handshake without a reason: it offers
// everything, and closes the connection when the server has chosen. It sends no
// request. nil means that the choice is permitted, or that there was none.
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
