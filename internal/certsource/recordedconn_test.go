package certsource

import (
	"bytes"
	"crypto/tls"
	"testing"
)

// record frames a message as a server sends it.
func record(kind byte, body []byte) []byte {
	message := append([]byte{kind, 0, byte(len(body) >> 8), byte(len(body))}, body...)
	return append([]byte{recordHandshake, 3, 3, byte(len(message) >> 8), byte(len(message))}, message...)
}

// hello is a ServerHello that chooses TLS 1.2 by version and 1.3 by extension.
func hello(extensions ...byte) []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0x13, 0x01, 0)
	if len(extensions) > 0 {
		body = append(append(body, 0, byte(len(extensions))), extensions...)
	}
	return record(messageServerHello, body)
}

func TestRecordedConn(t *testing.T) {
	certificate := record(messageCertificate, []byte{0, 0, 9, 0, 0, 2, 7, 7, 0, 0, 1, 8})
	for _, tt := range []struct {
		name    string
		in      []byte
		chain   int
		version uint16
	}{
		{"nothing", nil, 0, 0},
		{"1.2", append(hello(), certificate...), 2, tls.VersionTLS12},
		{"1.3", hello(0, 43, 0, 2, 3, 4), 0, tls.VersionTLS13},
		{"other extensions", append(hello(0, 1, 0, 0), certificate...), 2, tls.VersionTLS12},
		{"encrypted before the certificate", append(append(hello(), 20, 3, 3, 0, 1, 1), certificate...), 0, tls.VersionTLS12},
		{"truncated certificate", append(hello(), certificate[:len(certificate)-1]...), 0, tls.VersionTLS12},
		{"an alert", []byte{21, 3, 3, 0, 2, 2, 40}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var facts TLS
			chain := (&recordedConn{received: tt.in}).unencrypted(&facts)
			if len(chain) != tt.chain || facts.VersionID != tt.version {
				t.Errorf("got %d certificates and version %#x, want %d and %#x", len(chain), facts.VersionID, tt.chain, tt.version)
			}
		})
	}
}

func FuzzRecordedConn(f *testing.F) {
	f.Add(append(hello(0, 43, 0, 2, 3, 4), record(messageCertificate, []byte{0, 0, 4, 0, 0, 1, 8})...))
	f.Fuzz(func(t *testing.T, data []byte) {
		var facts TLS
		if chain := bytes.Join((&recordedConn{received: data}).unencrypted(&facts), nil); len(chain) > len(data) {
			t.Errorf("%d bytes of certificates from %d", len(chain), len(data))
		}
	})
}
