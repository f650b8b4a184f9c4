package certsource

import (
	"crypto/tls"
	"net"

	"golang.org/x/crypto/cryptobyte"
)

// maxTape bounds how much of a server's side of a handshake is kept: crypto/tls
// itself takes no message over 64 KiB, but for the certificates'.
const maxTape = 512 << 10

// tape is a connection that keeps what the server sends. crypto/tls refuses a
// server whose certificate crypto/x509 cannot parse, and keeps it to itself;
// just such a certificate is what somebody wants to see. In TLS 1.2 and before
// it is sent in the clear.
type tape struct {
	net.Conn
	kept []byte
}

// Read implements [net.Conn]. A handshake reads from one goroutine alone.
func (t *tape) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.kept = append(t.kept, p[:min(n, maxTape-len(t.kept))]...)
	return n, err
}

// Types of record and of handshake message (RFC 5246 6.2.1 and 7.4).
const (
	recordHandshake    = 22
	messageServerHello = 2
	messageCertificate = 11
)

// play finds what the server said in the clear: the version and suite that it
// chose, and its chain. What is cut short or sent encrypted is not there.
func (t *tape) play(facts *TLS) (chain [][]byte) {
	messages := t.messages()
	for !messages.Empty() {
		var kind uint8
		var body cryptobyte.String
		if !messages.ReadUint8(&kind) || !messages.ReadUint24LengthPrefixed(&body) {
			return nil
		}
		switch kind {
		case messageServerHello:
			facts.hello(body)
		case messageCertificate:
			return certificates(body)
		}
	}
	return nil
}

// messages joins the contents of the handshake records, up to the first record
// of another type: what comes after a change of cipher is encrypted.
func (t *tape) messages() cryptobyte.String {
	var joined []byte
	records := cryptobyte.String(t.kept)
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

// hello reads a ServerHello (RFC 8446 4.1.3).
func (t *TLS) hello(body cryptobyte.String) {
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
