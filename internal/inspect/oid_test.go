package inspect

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"testing"

	"github.com/nfcert/nfcert/internal/nf"
)

func TestDecodeOID(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want nf.OID
		ok   bool
	}{
		{"2a03", "1.2.3", true},
		{"550403", nf.OIDCommonName, true},
		{"883703", "2.999.3", true},
		{"2a864886f70d01010b", "1.2.840.113549.1.1.11", true},
		{"6983b5e9c5d7f3a1c2e4b6f8d1a2b3c4d5e67f", "", true}, // a UUID, compared with crypto/x509 below
		{"", "x", false},
		{"2a83", "x2a83", false},
		{"2a8003", "x2a8003", false},
	} {
		content, err := hex.DecodeString(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := decodeOID(content)
		if ok != tt.ok || tt.want != "" && got != tt.want {
			t.Errorf("decodeOID(%s) = %q, %v, want %q, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

// crypto/x509 must encode every decoded identifier to the same octets.
func FuzzDecodeOID(f *testing.F) {
	for _, seed := range []string{"550403", "551d11", "2b06010505070122", "2a8648ce3d030107", "2b81040022",
		"2a864886f70d01010b", "2a864886f70d01090e", "6983b5e9c5d7f3a1c2e4b6f8d1a2b3c4d5e67f", "2a8648ce3d040303",
		"550406", "55040a", "551d0e", "551d0f", "551d13", "551d1f", "551d20", "551d23", "551d25", "2b06010505070101",
		"2b06010505070301", "2b06010505070302", "2a8648ce3d0201", "2a8648ce3d040302", "2a864886f70d010101", "80", "ff"} {
		content, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		got, ok := decodeOID(content)
		if !ok || len(content) > 127 {
			return
		}
		want, err := x509.ParseOID(string(got))
		if err != nil {
			t.Fatalf("decodeOID(%x) = %q, which crypto/x509 refuses: %v", content, got, err)
		}
		if der, err := want.MarshalBinary(); err != nil || !bytes.Equal(der, content) {
			t.Errorf("decodeOID(%x) = %q, whose octets are %x, %v", content, got, der, err)
		}
	})
}
