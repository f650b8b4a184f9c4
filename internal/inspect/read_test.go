package inspect_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// The contents of the sample of RFC 9310, from openssl.
func TestReadCertificateReadsAll(t *testing.T) {
	c := inspect.ReadCertificate(rfc9310(t).Raw)
	if len(c.Faults) > 0 {
		t.Errorf("faults = %+v, want none", c.Faults)
	}
	type facts struct {
		Version                            int
		Serial, Issuer, Subject            string
		NotBefore, NotAfter                string
		Signature, Hash, Key               string
		Bits                               int
		SKI, AKI                           string
		CRL                                []string
		Critical                           bool
		SignedPart, SignatureOctets, Whole int
	}
	got := facts{
		c.Version, c.SerialNumber, c.IssuerString(), c.SubjectString(),
		c.NotBefore.Format(time.RFC3339), c.NotAfter.Format(time.RFC3339),
		c.Signature, c.SignatureHash, c.PublicKey.Type, c.PublicKey.Bits,
		c.SubjectKeyID.ID, c.AuthorityKeyID.ID, c.CRL.URIs, c.CRL.Critical,
		len(c.Raw.Signed), len(c.Raw.Signature), len(c.Raw.Whole),
	}
	cert := rfc9310(t)
	want := facts{
		3, "0c3e68e38cc475f4a0853da130af8ffc48c61e5a", "O=Example CA", "O=5gc.mnc400.mcc311.3gppnetwork.org,C=US",
		"2022-11-29T18:14:58Z", "2023-11-29T18:14:58Z",
		"ECDSA-SHA384", "SHA384", "P384", 384,
		"4c6792a0c189589fcf3998a203e7965c1339c807", "887fa204e90b6a8d7476fa9ff10ad461e0fab335",
		[]string{"http://example.com/exampleca.crl"}, false,
		len(cert.RawTBSCertificate), len(cert.Signature), len(cert.Raw),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("contents differ (-want +got):\n%s", diff)
	}
}

// bend makes a certificate and replaces the first occurrence of some bytes.
func bend(t testing.TB, change func(*x509.Certificate), old, new string) []byte {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x1122), NotBefore: time.Unix(1767225600, 0), NotAfter: time.Unix(1798761600, 0),
		Subject: pkix.Name{Country: []string{"SE"}, Organization: []string{homeDomain}}, KeyUsage: x509.KeyUsageDigitalSignature,
		DNSNames: []string{fqdn}, SubjectKeyId: []byte{1, 2, 3},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(bytes.NewReader(make([]byte, 1000)), template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if old == "" {
		return der
	}
	from := unhex(t, old)
	if n := bytes.Count(der, from); n < 1 {
		t.Fatalf("%x is not in %x", from, der)
	}
	return bytes.Replace(der, from, unhex(t, new), 1)
}

func TestReadCertificateListsFaults(t *testing.T) {
	whole := bend(t, nil, "", "")
	extension := func(oid nf.OID, value string) []byte {
		return bend(t, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: nfOID(t, oid), Value: unhex(t, value)}}
		}, "", "")
	}
	for _, tt := range []struct {
		name  string
		in    []byte
		field nf.FieldName
		kind  inspect.FaultKind
	}{
		{"nothing", nil, inspect.FieldDER, inspect.FaultMalformed},
		{"text", []byte("hello, world"), inspect.FieldDER, inspect.FaultMalformed},
		{"indefinite length", []byte{0x30, 0x80, 0, 0}, inspect.FieldDER, inspect.FaultMalformed},
		{"cut short", whole[:len(whole)-20], inspect.FieldDER, inspect.FaultMalformed},
		{"bytes after", append(slices.Clone(whole), 0), inspect.FieldDER, inspect.FaultTrailing},
		{"a version that does not exist", bend(t, nil, "a003020102", "a003020107"), nf.FieldVersion, inspect.FaultValue},
		{"v1 written out", bend(t, nil, "a003020102", "a003020100"), nf.FieldVersion, inspect.FaultEncoding},
		{"negative serial", bend(t, nil, "02021122", "0202f122"), nf.FieldSerialNumber, inspect.FaultValue},
		{"zero serial", bend(t, func(c *x509.Certificate) { c.SerialNumber = big.NewInt(1) }, "a003020102020101", "a003020102020100"), nf.FieldSerialNumber, inspect.FaultValue},
		{"serial of 21 octets", bend(t, func(c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 159) }, "", ""), nf.FieldSerialNumber, inspect.FaultValue},
		{"serial with a zero too many", bend(t, nil, "02021122", "02020022"), nf.FieldSerialNumber, inspect.FaultEncoding},
		{"no such day", bend(t, nil, "323630313031", "323630323331"), nf.FieldValidity, inspect.FaultMalformed},
		{"a sign in a time", bend(t, nil, "323630313031", "2b3630313031"), nf.FieldValidity, inspect.FaultEncoding},
		{"a letter in a time", bend(t, nil, "323630313031", "323630313041"), nf.FieldValidity, inspect.FaultMalformed},
		{"country as UTF8String", bend(t, nil, "13025345", "0c025345"), nf.FieldIssuer, inspect.FaultStringType},
		{"NUL in a dNSName", bend(t, nil, "616d66312e", "616d66002e"), nf.FieldDNS, inspect.FaultCharacters},
		{"country with a control character", bend(t, nil, "13025345", "13025307"), nf.FieldIssuer, inspect.FaultCharacters},
		{"critical written as 1", bend(t, nil, "0101ff", "010101"), nf.FieldKeyUsage, inspect.FaultEncoding},
		{"key usage no bit string", extension(nf.OIDKeyUsage, "0500"), nf.FieldKeyUsage, inspect.FaultMalformed},
		{"key usage with bits that DER cuts off", extension(nf.OIDKeyUsage, "03020080"), nf.FieldKeyUsage, inspect.FaultEncoding},
		{"key usage without a bit", extension(nf.OIDKeyUsage, "030100"), nf.FieldKeyUsage, inspect.FaultValue},
		{"names no sequence", extension(nf.OIDSubjectAltName, "0400"), nf.FieldSubjectAltName, inspect.FaultMalformed},
		{"no name", extension(nf.OIDSubjectAltName, "3000"), nf.FieldSubjectAltName, inspect.FaultValue},
		{"an address of 3 bytes", extension(nf.OIDSubjectAltName, "30058703010203"), nf.FieldSubjectAltName, inspect.FaultMalformed},
		{"bytes after the names", extension(nf.OIDSubjectAltName, "30038201 7800"), nf.FieldSubjectAltName, inspect.FaultTrailing},
		{"no purpose", extension(nf.OIDExtKeyUsage, "3000"), nf.FieldExtKeyUsage, inspect.FaultValue},
		{"basicConstraints no sequence", extension(nf.OIDBasicConstraints, "0101ff"), inspect.FieldBasicConstraints, inspect.FaultMalformed},
		{"path length without CA", extension(nf.OIDBasicConstraints, "3003020100"), inspect.FieldBasicConstraints, inspect.FaultValue},
		{"key identifier no octets", extension(nf.OIDSubjectKeyID, "0500"), nf.FieldSubjectKeyID, inspect.FaultMalformed},
		{"authority key identifier no sequence", extension(nf.OIDAuthorityKeyID, "0500"), nf.FieldAuthorityKeyID, inspect.FaultMalformed},
		{"CRLs no sequence", extension(nf.OIDCRLDistribution, "0500"), nf.FieldCRL, inspect.FaultMalformed},
		{"no access description", extension(nf.OIDAuthorityInfoAccess, "3000"), nf.FieldAIA, inspect.FaultValue},
		{"an extension twice", bend(t, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: nfOID(t, "1.2.3"), Value: []byte{5, 0}}, {Id: nfOID(t, "1.2.4"), Value: []byte{5, 0}}}
		}, "06022a04", "06022a03"), "extensions.1.2.3", inspect.FaultDuplicate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := inspect.ReadCertificate(tt.in)
			if !slices.ContainsFunc(c.Faults, func(f inspect.Fault) bool { return f.Field == tt.field && f.Kind == tt.kind }) {
				t.Errorf("faults = %+v, want %s of %s among them", c.Faults, tt.kind, tt.field)
			}
		})
	}
}

func nfOID(t testing.TB, o nf.OID) []int {
	t.Helper()
	return oid(t, o)
}

// Fields before the end of a truncated certificate are read, and fields other than
// a malformed one.
func TestReadCertificateFillsInWhatItCan(t *testing.T) {
	whole := bend(t, nil, "", "")
	cut := inspect.ReadCertificate(whole[:len(whole)/2])
	if cut.SubjectString() != "O="+homeDomain+",C=SE" || cut.SerialNumber != "1122" || cut.NotAfter.IsZero() {
		t.Errorf("of half a certificate: subject %q, serial %q, notAfter %v, want all three", cut.SubjectString(), cut.SerialNumber, cut.NotAfter)
	}
	bent := inspect.ReadCertificate(bend(t, nil, "03020780", "05020780"))
	if len(bent.SubjectAltName.DNSNames) != 1 || bent.PublicKey.Type != "P256" || bent.Signature == "" {
		t.Errorf("beside a broken keyUsage: %+v, want names, key and signature", bent)
	}
}

func TestReadSerialNumbers(t *testing.T) {
	for _, tt := range []struct{ name, der, want string }{
		{"negative", "0202ff01", "-ff"},
		{"minus one", "0201ff", "-01"},
		{"a digit of zero in front", "02020a1b", "0a1b"},
		{"lowest of two octets", "02028000", "-8000"},
		{"leading zero octet", "020200ff", "ff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := unhex(t, tt.der)
			der := bend(t, func(c *x509.Certificate) {
				c.SerialNumber = new(big.Int).SetBytes(bytes.Repeat([]byte{0x11}, len(in)-2))
			},
				"02"+tt.der[2:4]+strings.Repeat("11", len(in)-2), tt.der)
			if got := inspect.ReadCertificate(der).SerialNumber; got != tt.want {
				t.Errorf("serial = %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzReadCertificate(f *testing.F) {
	f.Add(rfc9310(f).Raw)
	f.Add(bend(f, nil, "", ""))
	f.Add(bend(f, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.MaxPathLenZero = true, true, true
		c.CRLDistributionPoints, c.OCSPServer = []string{"http://a.example/c"}, []string{"http://a.example/o"}
		c.EmailAddresses = []string{"a@b.example"}
	}, "", ""))
	f.Add([]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30, 0x80})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := inspect.ReadCertificate(data)
		if _, err := json.Marshal(c); err != nil {
			t.Errorf("Marshal of what was read = %v", err)
		}
		if _, err := json.Marshal(inspect.ReadCSR(data)); err != nil {
			t.Errorf("Marshal of what was read = %v", err)
		}
		cert, err := x509.ParseCertificate(data)
		if err != nil {
			return
		}
		// What crypto/x509 reads, this reads too, and the same.
		if got, want := c.SerialNumber, inspect.Serial(cert.SerialNumber); got != want && len(want) < 120 {
			t.Errorf("serial = %q, want %q", got, want)
		}
		if !c.NotBefore.Equal(cert.NotBefore) || !c.NotAfter.Equal(cert.NotAfter) {
			t.Errorf("validity %v to %v, want %v to %v", c.NotBefore, c.NotAfter, cert.NotBefore, cert.NotAfter)
		}
		if !bytes.Equal(c.Raw.Signed, cert.RawTBSCertificate) || !bytes.Equal(c.Raw.Signature, cert.Signature) {
			t.Error("signed part or signature differ from those of crypto/x509")
		}
		if len(c.Extensions) != len(cert.Extensions) {
			t.Errorf("%d extensions, want %d", len(c.Extensions), len(cert.Extensions))
		}
		if s := c.SubjectAltName; s != nil && !slices.Equal(s.DNSNames, cert.DNSNames) && len(cert.DNSNames) > 0 {
			t.Errorf("names %q, want %q", s.DNSNames, cert.DNSNames)
		}
	})
}

func BenchmarkReadCertificate(b *testing.B) {
	der := rfc9310(b).Raw
	b.ReportAllocs()
	for b.Loop() {
		inspect.ReadCertificate(der)
	}
}

// Nothing is read from a list in another type than SEQUENCE.
func TestReadCertificateSkipsListsOfWrongType(t *testing.T) {
	der := bend(t, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: nfOID(t, nf.OIDCRLDistribution), Value: unhex(t, "310b 3009 a007a005 8603 613a62")}}
	}, "", "")
	if c := inspect.ReadCertificate(der); c.CRL == nil || len(c.CRL.URIs) > 0 {
		t.Errorf("CRL = %+v, want no URIs from a SET", c.CRL)
	}
}
