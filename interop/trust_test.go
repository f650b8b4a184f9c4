package interop_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/interop/realca"
)

// Real servers are pinned by what they send: step-ca by the issuer it sends,
// Pebble by its own certificate. What was pinned is remembered; another pin is
// refused before a request.
func TestPins(t *testing.T) {
	for _, tt := range []struct {
		name  string
		bench func(*testing.T) *bench
	}{
		{"step-ca", func(t *testing.T) *bench { return stepCABench(t, startStepCA(t)) }},
		{"Pebble", func(t *testing.T) *bench { return pebbleBench(t, startPebble(t, realca.PebbleOptions{})) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.bench(t)
			var directory string
			for i, v := range b.env {
				if strings.HasPrefix(v, "NFCERT_CA_ROOT=") {
					b.env[i] = "NFCERT_CA_ROOT="
				}
				if rest, ok := strings.CutPrefix(v, "NFCERT_SERVER="); ok {
					directory = rest
				}
			}
			chain := served(t, directory)
			b.refused(6, "account", "--accept-tos")
			if f := b.refused(6, "account", "--accept-tos", "--ca-pin", "sha256:"+strings.Repeat("0", 64)); f.Code != "pin-mismatch" {
				t.Errorf("another pin: %+v, want pin-mismatch", f)
			}
			b.exec(0, "account", "--accept-tos", "--ca-pin", "sha256:"+chain[len(chain)-1])
			b.exec(0, "account", "--account", "second", "--accept-tos")
		})
	}
}

// served lists the fingerprints of the chain that a server sends.
func served(t *testing.T, directory string) (sums []string) {
	t.Helper()
	u, err := url.Parse(directory)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", u.Host, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, c := range conn.ConnectionState().PeerCertificates {
		sum := sha256.Sum256(c.Raw)
		sums = append(sums, hex.EncodeToString(sum[:]))
	}
	return sums
}
