package inspect_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

const (
	homeDomain  = "5gc.mnc001.mcc001.3gppnetwork.org"
	fqdn        = "amf1.amf." + homeDomain
	urn         = "urn:uuid:" + sampleID
	clause      = "TS 33.310 6.1.3c.3"
	subjectName = "O=" + homeDomain + ",C=SE"
)

// issue makes a certificate with the extensions of the request, after change, and
// those that every CA adds.
func issue(t *testing.T, csr *x509.CertificateRequest, pub crypto.PublicKey, change func(*x509.Certificate)) *inspect.Contents {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0),
		Subject: csr.Subject, ExtraExtensions: csr.Extensions,
		SubjectKeyId: []byte{1}, AuthorityKeyId: []byte{2}, BasicConstraintsValid: true,
		CRLDistributionPoints: []string{"http://ca.example/crl"}, OCSPServer: []string{"http://ca.example/ocsp"},
		PolicyIdentifiers: []asn1.ObjectIdentifier{{2, 23, 140, 1, 2, 1}},
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, pub, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	contents, err := inspect.Certificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// requested makes a request and its contents.
func requested(t *testing.T, key *ecdsa.PrivateKey) (*x509.CertificateRequest, *inspect.Contents) {
	t.Helper()
	der := sampleCSR(t, key)
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	contents, err := inspect.CSR(der)
	if err != nil {
		t.Fatal(err)
	}
	return csr, contents
}

// without drops the extensions with the given OIDs.
func without(list []pkix.Extension, oids ...nf.OID) (rest []pkix.Extension) {
	for _, e := range list {
		keep := true
		for _, o := range oids {
			keep = keep && e.Id.String() != string(o)
		}
		if keep {
			rest = append(rest, e)
		}
	}
	return rest
}

// with replaces the value or the criticality of an extension.
func with(list []pkix.Extension, o nf.OID, change func(*pkix.Extension)) []pkix.Extension {
	out := append([]pkix.Extension{}, list...)
	for i := range out {
		if out[i].Id.String() == string(o) {
			change(&out[i])
		}
	}
	return out
}

// profile is the profile of the samples.
func profile(t testing.TB) nf.Profile {
	t.Helper()
	p, ok := nf.LookupProfile("nf-tls")
	if !ok {
		t.Fatal("no profile nf-tls")
	}
	return p
}

func TestCompare(t *testing.T) {
	parse := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	san := []nf.OID{nf.OIDSubjectAltName}
	for _, tt := range []struct {
		name   string
		change func(*x509.Certificate)
		want   []inspect.Difference
	}{
		{"as asked for", func(*x509.Certificate) {}, nil},
		{"subject dropped", func(c *x509.Certificate) { c.Subject = pkix.Name{} }, []inspect.Difference{
			{Field: "subject", Requested: subjectName, Severity: "error", Clause: clause}}},
		{"subject changed", func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: fqdn} }, []inspect.Difference{
			{Field: "subject", Requested: subjectName, Issued: "CN=" + fqdn, Severity: "error", Clause: clause}}},
		{"common name added", func(c *x509.Certificate) { c.Subject.CommonName = "amf1" }, []inspect.Difference{
			{Field: "subject", Requested: subjectName, Issued: "CN=amf1," + subjectName, Severity: "info", Clause: clause}}},
		{"names not critical", func(c *x509.Certificate) {
			c.ExtraExtensions = with(c.ExtraExtensions, nf.OIDSubjectAltName, func(e *pkix.Extension) { e.Critical = false })
		}, []inspect.Difference{{Field: "subjectAltName.critical", Requested: "critical", Issued: "non-critical", Severity: "error", Clause: clause}}},
		{"all names dropped", func(c *x509.Certificate) { c.ExtraExtensions = without(c.ExtraExtensions, san...) }, []inspect.Difference{
			{Field: "subjectAltName.dns", Requested: fqdn, Severity: "error", Clause: "RFC 8555 7.4"},
			{Field: "subjectAltName.uri", Requested: urn, Severity: "error", Clause: "TS 33.310 6.1.3c.3"}}},
		{"names changed", func(c *x509.Certificate) {
			c.ExtraExtensions = without(c.ExtraExtensions, san...)
			c.DNSNames, c.URIs, c.IPAddresses = []string{"AMF1.amf." + homeDomain, "other.example"}, []*url.URL{parse("https://a.se/")}, []net.IP{net.IPv4(192, 0, 2, 1)}
		}, []inspect.Difference{
			{Field: "subjectAltName.critical", Requested: "critical", Issued: "non-critical", Severity: "error", Clause: clause},
			{Field: "subjectAltName.dns", Issued: "other.example", Severity: "warning", Clause: "RFC 9310 Appendix B"},
			{Field: "subjectAltName.uri", Requested: urn, Severity: "error", Clause: "TS 33.310 6.1.3c.3"},
			{Field: "subjectAltName.uri", Issued: "https://a.se/", Severity: "info", Clause: "TS 33.310 6.1.3c"},
			{Field: "subjectAltName.ip", Issued: "192.0.2.1", Severity: "warning"}}},
		{"key usage dropped", func(c *x509.Certificate) { c.ExtraExtensions = without(c.ExtraExtensions, nf.OIDKeyUsage) }, []inspect.Difference{
			{Field: "keyUsage", Requested: "digitalSignature", Severity: "error", Clause: clause}}},
		{"key usage added", func(c *x509.Certificate) {
			c.ExtraExtensions = without(c.ExtraExtensions, nf.OIDKeyUsage)
			c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
		}, []inspect.Difference{{Field: "keyUsage", Issued: "keyEncipherment", Severity: "warning", Clause: clause}}},
		{"usage dropped and added", func(c *x509.Certificate) {
			c.ExtraExtensions = without(c.ExtraExtensions, nf.OIDExtKeyUsage)
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
			c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 3}}
		}, []inspect.Difference{
			{Field: "extKeyUsage", Requested: "clientAuth", Severity: "error", Clause: clause},
			{Field: "extKeyUsage", Issued: "1.2.3", Severity: "warning", Clause: clause}}},
		{"usages critical", func(c *x509.Certificate) {
			c.ExtraExtensions = with(c.ExtraExtensions, nf.OIDExtKeyUsage, func(e *pkix.Extension) { e.Critical = true })
		}, []inspect.Difference{{Field: "extKeyUsage.critical", Requested: "non-critical", Issued: "critical", Severity: "error", Clause: clause}}},
		{"nf types dropped", func(c *x509.Certificate) { c.ExtraExtensions = without(c.ExtraExtensions, nf.OIDNFTypes) }, []inspect.Difference{
			{Field: "nfTypes", Requested: "AMF", Severity: "error", Clause: clause}}},
		{"nf types changed", func(c *x509.Certificate) {
			c.ExtraExtensions = with(c.ExtraExtensions, nf.OIDNFTypes, func(e *pkix.Extension) { e.Value, e.Critical = unhex(t, "30051603534d46"), true })
		}, []inspect.Difference{
			{Field: "nfTypes.critical", Requested: "non-critical", Issued: "critical", Severity: "error", Clause: clause},
			{Field: "nfTypes", Requested: "AMF", Severity: "error", Clause: clause},
			{Field: "nfTypes", Issued: "SMF", Severity: "warning", Clause: clause}}},
		{"nf types as another string", func(c *x509.Certificate) {
			c.ExtraExtensions = with(c.ExtraExtensions, nf.OIDNFTypes, func(e *pkix.Extension) { e.Value = unhex(t, "30051303414d46") })
		}, []inspect.Difference{{Field: "nfTypes", Requested: "the types in the encoding of RFC 9310", Issued: "the same types in another encoding", Severity: "error", Clause: clause}}},
		{"extension added", func(c *x509.Certificate) {
			c.ExtraExtensions = append(append([]pkix.Extension{}, c.ExtraExtensions...), pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}})
		}, []inspect.Difference{{Field: "extensions.1.2.3", Issued: "non-critical", Severity: "info"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key := newKey(t)
			csr, want := requested(t, key)
			got := inspect.Compare(profile(t), want, issue(t, csr, key.Public(), tt.change))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Compare() differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCompareKeys(t *testing.T) {
	csr, want := requested(t, newKey(t))
	got := inspect.Compare(profile(t), want, issue(t, csr, newKey(t).Public(), func(*x509.Certificate) {}))
	if len(got) != 1 || got[0].Field != "publicKey" || got[0].Severity != inspect.Error || got[0].Requested == got[0].Issued {
		t.Errorf("Compare() = %+v, want one error that the key is another", got)
	}
}

// Another requested extension is compared too.
func TestCompareOtherExtensions(t *testing.T) {
	feature := pkix.Extension{Id: oid(t, nf.OIDTLSFeature), Value: unhex(t, "3003020105")}
	want, err := inspect.CSR(csrWith(t, unhex(t, "3000"), feature))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		got  []pkix.Extension
		want []inspect.Difference
	}{
		{"kept", []pkix.Extension{feature}, nil},
		{"dropped", nil, []inspect.Difference{{Field: "extensions.tlsFeature", Requested: "non-critical", Severity: "warning"}}},
		{"critical", []pkix.Extension{{Id: feature.Id, Critical: true, Value: feature.Value}}, []inspect.Difference{
			{Field: "extensions.tlsFeature", Requested: "non-critical", Issued: "critical", Severity: "warning"}}},
		{"changed", []pkix.Extension{{Id: feature.Id, Value: unhex(t, "3003020106")}}, []inspect.Difference{
			{Field: "extensions.tlsFeature", Requested: "as in the request", Issued: "another value", Severity: "warning"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := inspect.CSR(csrWith(t, unhex(t, "3000"), tt.got...))
			if err != nil {
				t.Fatal(err)
			}
			got.PublicKey = want.PublicKey
			if diff := cmp.Diff(tt.want, inspect.Compare(profile(t), want, got)); diff != "" {
				t.Errorf("Compare() differs (-want +got):\n%s", diff)
			}
		})
	}
}

// No core cares for the order of URI names.
func TestCompareURIOrder(t *testing.T) {
	a := &inspect.Contents{SubjectAltName: &inspect.SubjectAltName{URIs: []string{urn, "https://a.se/"}}}
	b := &inspect.Contents{SubjectAltName: &inspect.SubjectAltName{URIs: []string{"https://a.se/", urn}}}
	if got := inspect.Compare(profile(t), a, b); len(got) > 0 {
		t.Errorf("Compare() = %+v, want no difference for another order", got)
	}
	upper := &inspect.Contents{SubjectAltName: &inspect.SubjectAltName{URIs: []string{"URN:UUID:4ACE9D34-2C69-4F99-92D5-A73A3FE8E23B", "https://a.se/"}}}
	if got := inspect.Compare(profile(t), a, upper); len(got) > 0 {
		t.Errorf("Compare() = %+v, want instance ids compared without case", got)
	}
}

// A profile without rows gives warnings without a clause, and no error with a
// clause that does not apply.
func TestCompareWithAnEmptyProfile(t *testing.T) {
	key := newKey(t)
	csr, want := requested(t, key)
	issued := issue(t, csr, key.Public(), func(c *x509.Certificate) {
		c.ExtraExtensions = without(c.ExtraExtensions, nf.OIDNFTypes, nf.OIDExtKeyUsage)
	})
	for _, d := range inspect.Compare(nf.Profile{}, want, issued) {
		if d.Severity != inspect.Warning || d.Clause != "" {
			t.Errorf("difference %+v, want a warning without clause", d)
		}
	}
}

// The keys are those that scripts read.
func TestDifferenceJSON(t *testing.T) {
	got, err := json.Marshal(inspect.Difference{Field: "subjectAltName.uri", Requested: urn, Severity: inspect.Error, Clause: "TS 33.310 6.1.3c"})
	want := `{"field":"subjectAltName.uri","requested":"` + urn + `","severity":"error","clause":"TS 33.310 6.1.3c"}`
	if err != nil || string(got) != want {
		t.Errorf("Marshal = %s, %v, want %s", got, err, want)
	}
}
