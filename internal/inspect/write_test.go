package inspect_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/inspect"
)

func TestDistinguishedName(t *testing.T) {
	for _, tt := range []struct{ name, der, want string }{
		{"empty", "3000", ""},
		{"nothing", "", ""},
		{"last RDN first", "301b 310b 3009 06035504061302 5345 310c 300a 060355040a 0c03 414243", "O=ABC,C=SE"},
		{"two attributes in one RDN", "3022 3113 3008 0603550403 0c0161 3007 06022a03 160162 310b 3009 060355040b 1e0200e4", "OU=ä,CN=a+1.2.3=#160162"},
		{"an unknown attribute", "300b 3109 3007 06022a03 0c0178", "1.2.3=#0c0178"},
		{"special characters", "3017 3115 3013 0603550403 0c0c 2061 2b2c 3b3c 3e22 5c3d 2320", `CN=\ a\+\,\;\<\>\"\\=#\ `},
		{"a hash in front", "300d 310b 3009 0603550403 0c02 2378", `CN=\#x`},
		{"a lone space", "300c 310a 3008 0603550403 0c0120", `CN=\ `},
		{"control characters", "3011 310f 300d 0603550403 0c06 0061 0ae280ae", `CN=\00a\0A\E2\80\AE`},
		{"not UTF-8", "300c 310a 3008 0603550403 0c01e4", "CN=#0c01e4"},
		{"not a string", "300c 310a 3008 0603550403 020105", "CN=#020105"},
		{"domain components", "302e 3112 3010 060a0992268993f22c640119 16026f72 3118 3016 060a0992268993f22c640119 16086578616d706c6500",
			`DC=example\00,DC=or`},
		{"a second RDN that is malformed", "3012 310b 3009 06035504061302 5345 0c03616263", "C=SE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := inspect.DistinguishedName(unhex(t, tt.der)); got != tt.want {
				t.Errorf("DistinguishedName(%s) = %s, want %s", tt.der, got, tt.want)
			}
		})
	}
}

// For names that crypto/x509/pkix writes well, the result is the same.
func TestDistinguishedNameIsLikePkix(t *testing.T) {
	for _, name := range []pkix.Name{
		{Country: []string{"SE"}, Organization: []string{homeDomain}},
		{Country: []string{"SE"}, Organization: []string{`A "B", C+D`}, OrganizationalUnit: []string{"one"}, CommonName: "#x y"},
	} {
		der, err := asn1.Marshal(name.ToRDNSequence())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := inspect.DistinguishedName(der), name.String(); got != want {
			t.Errorf("DistinguishedName(%x) = %s, want %s", der, got, want)
		}
	}
}

func FuzzDistinguishedName(f *testing.F) {
	f.Add([]byte{0x30, 0})
	f.Add(rfc9310(f).RawSubject)
	f.Fuzz(func(t *testing.T, der []byte) {
		if s := inspect.DistinguishedName(der); strings.ContainsAny(s, "\x00\n\r\x1b\x7f") {
			t.Errorf("DistinguishedName(%x) = %q, want no control characters", der, s)
		}
	})
}

func TestSerial(t *testing.T) {
	for _, tt := range []struct {
		in   *big.Int
		want string
	}{
		{big.NewInt(0), "00"},
		{big.NewInt(1), "01"},
		{big.NewInt(0x0a1b), "0a1b"},
		{big.NewInt(0xff), "ff"}, // in DER 00ff
		{big.NewInt(-1), "-01"},
		{big.NewInt(-255), "-ff"},
		{new(big.Int).Lsh(big.NewInt(1), 155), "08" + strings.Repeat("00", 19)},
	} {
		if got := inspect.Serial(tt.in); got != tt.want {
			t.Errorf("Serial(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
