package certsource

import (
	"crypto/tls"
	"net"

	"golang.org/x/crypto/cryptobyte"
)

// maxReceived bounds how many bytes of a handshake are kept. crypto/tls accepts
// no message over 64 KiB, except for Certificate.
const maxReceived = 512 << 10

// recordedConn is a connection that keeps what the server sends. crypto/tls does
// not return a certificate that crypto/x509 cannot parse, but a user may want to
// see exactly that certificate. TLS 1.2 and earlier send it unencrypted.
type recordedConn struct {
	net.Conn
	received []byte
}

// Read implements [net.Conn]. A handshake reads from one goroutine only.
func (c *recordedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received = append(c.received, p[:min(n, maxReceived-len(c.received))]...)
	return n, err
}

// Types of records and handshake messages (RFC 5246 6.2.1 and 7.4).
const (
	recordHandshake    = 22
	messageServerHello = 2
	messageCertificate = 11
)

// unencrypted reads the messages that the server sent unencrypted. It sets the
// version and cipher suite in facts, and returns the chain; nil when that is
// truncated or encrypted.
func (c *recordedConn) unencrypted(facts *TLS) (chain [][]byte) {
	messages := c.messages()
	for !messages.Empty() {
		var kind uint8
		var body cryptobyte.String
		if !messages.ReadUint8(&kind) || !messages.ReadUint24LengthPrefixed(&body) {
			return nil
		}
		switch kind {
		case messageServerHello:
			facts.serverHello(body)
		case messageCertificate:
			return certificates(body)
		}
	}
	return nil
}

// messages joins the contents of the handshake records, up to the first record of
// another type: records after ChangeCipherSpec are encrypted.
func (c *recordedConn) messages() cryptobyte.String {
	var joined []byte
	records := cryptobyte.String(c.received)
	for {
		var kind uint8
		var version uint16
		var body cryptobyte.String
		if !records.ReadUint8(&kind) || !records.ReadUint16(&version) || !records.ReadUint16LengthPrefixed(&body) || kind != recordHandshake {
			return joined
		}
		joined = append(joined, body...)
	}
}

// serverHello reads a ServerHello (RFC 8446 4.1.3).
func (t *TLS) serverHello(body cryptobyte.String) {
	var version, suite uint16
	var session, extensions cryptobyte.String
	if !body.ReadUint16(&version) || !body.Skip(32) || !body.ReadUint8LengthPrefixed(&session) ||
		!body.ReadUint16(&suite) || !body.Skip(1) {
		return
	}
	if body.ReadUint16LengthPrefixed(&extensions) {
		for !extensions.Empty() {
			var id uint16
			var data cryptobyte.String
			if !extensions.ReadUint16(&id) || !extensions.ReadUint16LengthPrefixed(&data) {
				break
			}
			if id == 43 { // supported_versions, RFC 8446 4.2.1
				data.ReadUint16(&version)
			}
		}
	}
	t.Version, t.VersionID = tls.VersionName(version), version
	t.CipherSuite, t.CipherSuiteID = tls.CipherSuiteName(suite), suite
}

// certificates reads a Certificate message of TLS 1.2 (RFC 5246 7.4.2).
func certificates(body cryptobyte.String) (chain [][]byte) {
	var list cryptobyte.String
	if !body.ReadUint24LengthPrefixed(&list) {
		return nil
	}
	for !list.Empty() {
		var der cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) {
			return nil
		}
		chain = append(chain, der)
	}
	return chain
}
