package certsource

import (
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// TLS describes the handshake with a server.
type TLS struct {
	Address     string `json:"address"`              // host:port, as dialled
	ServerName  string `json:"serverName,omitempty"` // the SNI that was sent; empty without one
	Version     string `json:"version"`              // as in TLS 1.3
	CipherSuite string `json:"cipherSuite"`          // IANA's name
	Group       string `json:"group,omitempty"`      // of the key exchange, as in X25519
	ALPN        string `json:"alpn,omitempty"`       // empty: none was negotiated
	// VersionID and CipherSuiteID are the codes on the wire.
	VersionID     uint16 `json:"versionId"`
	CipherSuiteID uint16 `json:"cipherSuiteId"`
	// ClientCertificateAsked says that the server asked for a client certificate,
	// as TS 33.501 13.1.0 requires of NFs.
	ClientCertificateAsked bool `json:"clientCertificateAsked"`
	// AcceptableCAs are the subjects of the CAs that the server accepts for it.
	AcceptableCAs []string `json:"acceptableCAs,omitempty"`
	// Failure is why the handshake failed after the server sent its chain, for
	// example because a TLS 1.2 server requires a client certificate; empty when
	// the handshake was completed. With TLS 1.3 such a server completes the
	// handshake and refuses the data after it.
	Failure string `json:"failure,omitempty"`
}

// ParseAddress reports whether target looks like HOST:PORT, with an IPv6 address
// in brackets, and returns it in the form to dial.
func ParseAddress(target string) (address string, ok bool) {
	host, port, err := net.SplitHostPort(target)
	if err != nil || host == "" || len(host) > 253+len("%zone") || strings.ContainsAny(host, "/\\ \t\r\n") {
		return "", false
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", false
	}
	if strings.Contains(host, ":") {
		if _, err := netip.ParseAddr(host); err != nil {
			return "", false
		}
	}
	return net.JoinHostPort(host, port), true
}

// Limits for a server that does not answer; the context may end earlier.
const (
	dialLimit      = 10 * time.Second
	handshakeLimit = 10 * time.Second
)

// readServer reads the chain that a server sends.
func readServer(ctx context.Context, name, address string, o Options) (*Contents, error) {
	facts, chain, err := handshakes(ctx, address, o)
	if err != nil {
		return nil, connectError(ctx, address, err)
	}
	p := &parser{Contents: Contents{Name: name, TLS: facts}}
	for _, der := range chain {
		p.item(Item{Kind: Certificate, DER: der})
	}
	return p.finish()
}

// noApplicationProtocol is the text of crypto/tls for the alert of RFC 7301 section
// 3.2, whose type it does not export.
const noApplicationProtocol = "no application protocol"

// handshakes makes a handshake as a network function does. When that gives no
// chain, it makes a second one with other parameters, chosen by the first error.
// The chain is never empty without an error.
func handshakes(ctx context.Context, address string, o Options) (*TLS, [][]byte, error) {
	protocols := []string{"h2", "http/1.1"}
	facts, chain, err := handshake(ctx, address, o, &tls.Config{NextProtos: protocols})
	var shake *handshakeError
	switch {
	case len(chain) > 0:
		return facts, chain, nil
	case !errors.As(err, &shake):
		return nil, nil, err
	case isAlert(err) && strings.HasSuffix(err.Error(), noApplicationProtocol):
		facts, chain, err = handshake(ctx, address, o, &tls.Config{})
	case facts.VersionID == 0 && isClosed(err):
		// Some servers close the connection on a ClientHello that post-quantum
		// key exchange makes larger than they expect.
		classic := []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
		facts, chain, err = handshake(ctx, address, o, &tls.Config{NextProtos: protocols, CurvePreferences: classic})
	case facts.VersionID == tls.VersionTLS13:
		// The certificate was encrypted and could not be parsed.
		_, chain, _ = handshake(ctx, address, o, &tls.Config{NextProtos: protocols, MaxVersion: tls.VersionTLS12})
	}
	if len(chain) == 0 {
		return nil, nil, err
	}
	return facts, chain, nil
}

// handshake makes one handshake. With an error too, it returns what it learned
// before.
func handshake(ctx context.Context, address string, o Options, config *tls.Config) (*TLS, [][]byte, error) {
	facts := &TLS{Address: address, ServerName: serverName(address, o)}
	dialer := net.Dialer{Timeout: dialLimit}
	at := address
	if to := o.Resolve[strings.ToLower(address)]; to != "" {
		at = to
	}
	conn, err := dialer.DialContext(ctx, "tcp", at)
	if err != nil {
		return facts, nil, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, handshakeLimit)
	defer cancel()

	var chain [][]byte
	// No data is sent and nothing is trusted: the chain is only shown or linted.
	config.InsecureSkipVerify = true
	// Old versions and cipher suites are offered so that a server with nothing
	// better is reported instead of unreachable.
	config.MinVersion = tls.VersionTLS10
	config.CipherSuites = allSuites()
	config.ServerName = facts.ServerName
	config.VerifyConnection = func(s tls.ConnectionState) error {
		facts.note(s)
		for _, c := range s.PeerCertificates {
			chain = append(chain, c.Raw)
		}
		return nil
	}
	config.GetClientCertificate = func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		facts.ClientCertificateAsked = true
		facts.AcceptableCAs = names(asked.AcceptableCAs)
		if o.Certificate != nil {
			return o.Certificate, nil
		}
		return &tls.Certificate{}, nil
	}
	recorded := &recordedConn{Conn: conn}
	err = tls.Client(recorded, config).HandshakeContext(ctx)
	if err == nil {
		return facts, chain, nil
	}
	if ctx.Err() == nil {
		facts.Failure = strings.TrimPrefix(strings.TrimPrefix(err.Error(), "remote error: "), "tls: ")
	}
	if len(chain) == 0 {
		chain = recorded.unencrypted(facts)
	}
	return facts, chain, &handshakeError{err}
}

// handshakeError marks an error of TLS, not of dialling.
type handshakeError struct{ error }

func (e *handshakeError) Unwrap() error { return e.error }

func (t *TLS) note(s tls.ConnectionState) {
	t.Version, t.VersionID = tls.VersionName(s.Version), s.Version
	t.CipherSuite, t.CipherSuiteID = tls.CipherSuiteName(s.CipherSuite), s.CipherSuite
	t.ALPN = s.NegotiatedProtocol
	if s.CurveID != 0 {
		t.Group = s.CurveID.String()
	}
}

// serverName is the SNI to send. An IP address is never one (RFC 6066 section 3).
func serverName(address string, o Options) string {
	if o.ServerName != "" {
		return o.ServerName
	}
	host, _, _ := net.SplitHostPort(address)
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

// allSuites lists all cipher suites of crypto/tls, including insecure ones.
func allSuites() (ids []uint16) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, s.ID)
	}
	return ids
}

// names formats distinguished names; it leaves out damaged ones.
func names(list [][]byte) (names []string) {
	for _, der := range list {
		var rdn pkix.RDNSequence
		if rest, err := asn1.Unmarshal(der, &rdn); err == nil && len(rest) == 0 {
			names = append(names, rdn.String())
		}
	}
	return names
}

// connectError says at which stage a connection failed, and why.
func connectError(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &ConnectError{Address: address, Stage: StageConnect, Err: err}
	var dns *net.DNSError
	var shake *handshakeError
	var record tls.RecordHeaderError
	var timeout net.Error
	if errors.As(err, &shake) {
		e.Stage = StageTLS
	}
	switch {
	case errors.As(err, &dns):
		e.Stage, e.Found = StageDNS, dns.Err
	case errors.As(err, &record):
		e.Found = "the server does not speak TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Found = "connection refused: nothing listens on this port"
	case isClosed(err):
		e.Found = "the server closed the connection before it sent a certificate"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Found = "no answer in time"
	case isAlert(err):
		e.Found = "the server refused the handshake: " + strings.TrimPrefix(err.Error(), "remote error: ")
	default:
		e.Found = strings.TrimPrefix(err.Error(), "tls: ")
	}
	return e
}

// isClosed reports whether the server closed the connection.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// isAlert reports whether err is a TLS alert from the server.
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}
